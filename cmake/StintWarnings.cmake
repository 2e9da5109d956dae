# The warnings of the house, on a target that is never exported: a user's build keeps its own.
# Whether a warning is an error is the preset's choice (CMAKE_COMPILE_WARNING_AS_ERROR).
add_library(stint_warnings INTERFACE)

target_compile_options(
  stint_warnings
  INTERFACE -Wall
            -Wextra
            -Wpedantic
            -Wconversion
            -Wsign-conversion
            -Wold-style-cast
            -Wnon-virtual-dtor
            -Woverloaded-virtual
            -Wformat=2
            -Wimplicit-fallthrough)

# Of several sources that are compiled as one, each would be warned of the names of the others.
if(CMAKE_UNITY_BUILD)
  target_compile_options(stint_warnings INTERFACE $<$<CXX_COMPILER_ID:GNU>:-Wno-subobject-linkage>)
else()
  target_compile_options(stint_warnings INTERFACE -Wshadow)
endif()

if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  target_compile_options(stint_warnings INTERFACE -Wduplicated-cond -Wlogical-op -Wsuggest-override)
elseif(CMAKE_CXX_COMPILER_ID MATCHES "Clang")
  target_compile_options(stint_warnings INTERFACE -Wthread-safety)
endif()
