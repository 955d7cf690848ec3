# godwit_embed(TARGET FOLDER): compiles the YAML files of a data folder into TARGET as
# godwit::embedded_<folder>(), so that the binary works without files beside it.
function(godwit_embed target folder)
  file(GLOB files CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/${folder}/*.yaml)
  set(entries "")
  foreach(file IN LISTS files)
    get_filename_component(name ${file} NAME)
    file(READ ${file} text)
    set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${file})
    string(APPEND entries "    {\"${name}\", R\"godwit(${text})godwit\"},\n")
  endforeach()
  set(output ${CMAKE_BINARY_DIR}/generated/embedded_${folder}.cpp)
  file(CONFIGURE OUTPUT ${output} CONTENT
"#include \"godwit/core/embedded.hpp\"\n
namespace godwit {
std::span<const EmbeddedFile> embedded_@folder@() {
  static constexpr EmbeddedFile kFiles[] = {
@entries@  };
  return kFiles;
}
}  // namespace godwit
" @ONLY)
  target_sources(${target} PRIVATE ${output})
endfunction()
