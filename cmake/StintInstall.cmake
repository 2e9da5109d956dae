# What `cmake --install` puts in place: the library, its headers, the program and the package that
# find_package(stint) reads.
include(CMakePackageConfigHelpers)

set(package_dir "${CMAKE_INSTALL_LIBDIR}/cmake/stint")

install(TARGETS stint EXPORT stintTargets ARCHIVE FILE_SET HEADERS)
if(TARGET stint_program)
  install(TARGETS stint_program RUNTIME)
endif()

install(
  EXPORT stintTargets
  NAMESPACE stint::
  DESTINATION "${package_dir}")
configure_package_config_file(
  "${PROJECT_SOURCE_DIR}/cmake/stintConfig.cmake.in" "${PROJECT_BINARY_DIR}/stintConfig.cmake"
  INSTALL_DESTINATION "${package_dir}")
write_basic_package_version_file("${PROJECT_BINARY_DIR}/stintConfigVersion.cmake"
                                 COMPATIBILITY SameMinorVersion)
install(FILES "${PROJECT_BINARY_DIR}/stintConfig.cmake"
              "${PROJECT_BINARY_DIR}/stintConfigVersion.cmake" DESTINATION "${package_dir}")
