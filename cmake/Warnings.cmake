# The flags every target of ours is built with; third-party headers come in as SYSTEM.
add_library(godwit_build_flags INTERFACE)
target_compile_options(godwit_build_flags INTERFACE
  -Wall -Wextra -Wpedantic -Wconversion -Werror
  -fstack-protector-strong -fno-omit-frame-pointer)
# g++ 12 sees overlapping copies in "text" + std::string at -O3 where there are none (GCC PR 105651)
target_compile_options(godwit_build_flags INTERFACE $<$<CXX_COMPILER_ID:GNU>:-Wno-restrict>)
target_compile_definitions(godwit_build_flags INTERFACE
  $<$<CONFIG:Release>:_FORTIFY_SOURCE=2>)
target_link_options(godwit_build_flags INTERFACE -Wl,-z,relro,-z,now)
