# What `cmake --install` puts in place, in two components: `program` (the command line and what services
# need) and `development` (the library, its headers and what finds them). The Debian packages are made of
# the same: StintPackages.cmake.
include(CMakePackageConfigHelpers)

set(package_dir "${CMAKE_INSTALL_LIBDIR}/cmake/stint")

install(TARGETS stint stint_headers EXPORT stintTargets ARCHIVE COMPONENT development
        FILE_SET HEADERS COMPONENT development)
install(
  EXPORT stintTargets
  NAMESPACE stint::
  DESTINATION "${package_dir}"
  COMPONENT development)
configure_package_config_file(
  "${PROJECT_SOURCE_DIR}/cmake/stintConfig.cmake.in" "${PROJECT_BINARY_DIR}/stintConfig.cmake"
  INSTALL_DESTINATION "${package_dir}"
  PATH_VARS STINT_MODULE_INSTALL_DIR)
write_basic_package_version_file("${PROJECT_BINARY_DIR}/stintConfigVersion.cmake"
                                 COMPATIBILITY SameMinorVersion)
install(
  FILES "${PROJECT_BINARY_DIR}/stintConfig.cmake" "${PROJECT_BINARY_DIR}/stintConfigVersion.cmake"
        "${PROJECT_SOURCE_DIR}/cmake/StintModules.cmake"
        "${PROJECT_SOURCE_DIR}/cmake/module_symbols.list"
  DESTINATION "${package_dir}"
  COMPONENT development)

# For builds without CMake. The prefix is where the file lies: an installation can be moved.
configure_file("${PROJECT_SOURCE_DIR}/cmake/stint.pc.in" "${PROJECT_BINARY_DIR}/stint.pc" @ONLY)
install(
  FILES "${PROJECT_BINARY_DIR}/stint.pc"
  DESTINATION "${CMAKE_INSTALL_LIBDIR}/pkgconfig"
  COMPONENT development)

set(development_docs "${CMAKE_INSTALL_DATAROOTDIR}/doc/libstint-dev")
install(
  DIRECTORY "${PROJECT_SOURCE_DIR}/docs" "${PROJECT_SOURCE_DIR}/examples"
  DESTINATION "${development_docs}"
  COMPONENT development)
install(
  FILES "${PROJECT_SOURCE_DIR}/README.md" "${PROJECT_SOURCE_DIR}/CHANGELOG.md"
        "${PROJECT_SOURCE_DIR}/LICENSE"
  DESTINATION "${development_docs}"
  COMPONENT development)

if(TARGET stint_program)
  install(TARGETS stint_program RUNTIME COMPONENT program)
  # Only what its owner puts there is loaded.
  install(TARGETS noop_module LIBRARY DESTINATION "${STINT_MODULE_INSTALL_DIR}" COMPONENT program)
  # Where settings lie is known once the prefix is: /etc for /usr, PREFIX/etc otherwise.
  set(STINT_INSTALL_BINDIR "${CMAKE_INSTALL_BINDIR}")
  configure_file("${PROJECT_SOURCE_DIR}/cmake/install_services.cmake.in"
                 "${PROJECT_BINARY_DIR}/install_services.cmake" @ONLY)
  install(SCRIPT "${PROJECT_BINARY_DIR}/install_services.cmake" COMPONENT program)
  # The program has its manual page and what shells complete in itself. It runs where it was built.
  if(NOT CMAKE_CROSSCOMPILING)
    install(CODE "set(stint_program_file \"$<TARGET_FILE:stint_program>\")" COMPONENT program)
    install(SCRIPT "${PROJECT_SOURCE_DIR}/cmake/install_program_texts.cmake" COMPONENT program)
  endif()
endif()
