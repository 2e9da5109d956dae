# Install the build to PREFIX and look at what came.
cmake_minimum_required(VERSION 3.25)

file(REMOVE_RECURSE "${PREFIX}")
execute_process(COMMAND "${CMAKE_COMMAND}" --install "${STINT_BUILD_DIR}" --prefix "${PREFIX}"
                COMMAND_ERROR_IS_FATAL ANY)

# Every public header, and nothing of the inside.
file(GLOB_RECURSE expected RELATIVE "${STINT_SOURCE_DIR}/include" "${STINT_SOURCE_DIR}/include/*")
file(GLOB_RECURSE actual RELATIVE "${PREFIX}/include" "${PREFIX}/include/*")
list(SORT expected)
list(SORT actual)
if(NOT expected STREQUAL actual)
  message(FATAL_ERROR "installed headers are not those of include/:\n${actual}\nnot\n${expected}")
endif()

# The package must not lead back into the source or build tree.
file(GLOB_RECURSE package_files "${PREFIX}/*.cmake")
if(NOT package_files)
  message(FATAL_ERROR "no stintConfig.cmake was installed below ${PREFIX}")
endif()
foreach(file IN LISTS package_files)
  file(READ "${file}" text)
  string(REPLACE "${PREFIX}" "" text "${text}")
  string(FIND "${text}" "${STINT_SOURCE_DIR}/" found)
  if(NOT found EQUAL -1)
    message(FATAL_ERROR "${file} names the source tree ${STINT_SOURCE_DIR}")
  endif()
endforeach()

if(EXISTS "${STINT_BUILD_DIR}/bin/stint")
  execute_process(COMMAND "${PREFIX}/bin/stint" --version OUTPUT_VARIABLE said
                  COMMAND_ERROR_IS_FATAL ANY)
  if(NOT said MATCHES "${STINT_VERSION}")
    message(FATAL_ERROR "the installed stint says that it is \"${said}\", not ${STINT_VERSION}")
  endif()
endif()
