# godwit_room(NAME LINKS ...): the static library of one room, from src/NAME/*.cpp.
function(godwit_room name)
  cmake_parse_arguments(ROOM "" "" "LINKS" ${ARGN})
  file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/src/${name}/*.cpp)
  add_library(godwit_${name} STATIC ${sources})
  target_include_directories(godwit_${name}
    PUBLIC ${CMAKE_SOURCE_DIR}/include
    PRIVATE ${CMAKE_SOURCE_DIR}/src/${name})
  target_link_libraries(godwit_${name} PUBLIC ${ROOM_LINKS} PRIVATE godwit_build_flags)
endfunction()
