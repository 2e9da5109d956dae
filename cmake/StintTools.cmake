# The faster linker and the compiler cache, where the machine has them. Only for our own build: a
# project that adds us as a subdirectory chooses its own.
if(NOT PROJECT_IS_TOP_LEVEL)
  return()
endif()

find_program(STINT_LLD NAMES ld.lld ld.lld-19)
mark_as_advanced(STINT_LLD)
if(STINT_LLD)
  add_link_options(-fuse-ld=lld)
endif()

find_program(STINT_CCACHE NAMES ccache)
mark_as_advanced(STINT_CCACHE)
if(STINT_CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  set(CMAKE_CXX_COMPILER_LAUNCHER "${STINT_CCACHE}")
endif()

# No object names the folder of the checkout: what is built is the same wherever it is built, and the
# cache of one checkout serves another.
add_compile_options("-ffile-prefix-map=${PROJECT_SOURCE_DIR}/=")
