# The Debian packages `stint` and `libstint-dev`: `./dev package`, or `cpack` in the build folder.
set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME stint)
set(CPACK_PACKAGE_VERSION "${PROJECT_VERSION}")
set(CPACK_PACKAGE_CONTACT "The Stint maintainers <stint@example.org>")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "job library for C++20 and one command line")
set(CPACK_PACKAGE_VENDOR "The Stint maintainers")
set(CPACK_PACKAGING_INSTALL_PREFIX "/usr")
set(CPACK_COMPONENTS_ALL program development)
set(CPACK_COMPONENTS_GROUPING IGNORE)
set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_STRIP_FILES ON)
set(CPACK_VERBATIM_VARIABLES ON)

set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_RELEASE 1)
set(CPACK_DEBIAN_PACKAGE_HOMEPAGE "https://example.org/stint")
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)

set(CPACK_DEBIAN_PROGRAM_PACKAGE_NAME stint)
set(CPACK_DEBIAN_PROGRAM_PACKAGE_SECTION utils)
set(CPACK_DEBIAN_PROGRAM_PACKAGE_SHLIBDEPS ON)
# To look at the stacks of jobs.
set(CPACK_DEBIAN_PROGRAM_PACKAGE_RECOMMENDS "libdw1")
set(CPACK_DEBIAN_PROGRAM_PACKAGE_SUGGESTS "libstint-dev, postgresql")
set(CPACK_COMPONENT_PROGRAM_DESCRIPTION
    "Stint executes jobs from an embedded or a PostgreSQL store, so that no\n\
acknowledged job is lost and no result is accepted twice, and runs tasks and\n\
commands in a loop, on one machine at a time across datacenters.\n\
.\n\
This package has the command line and units of systemd for workers and\n\
runners.")
file(WRITE "${PROJECT_BINARY_DIR}/packaging/conffiles" "/etc/stint/stint.toml\n")
set(CPACK_DEBIAN_PROGRAM_PACKAGE_CONTROL_EXTRA "${PROJECT_BINARY_DIR}/packaging/conffiles")

set(CPACK_DEBIAN_DEVELOPMENT_PACKAGE_NAME libstint-dev)
set(CPACK_DEBIAN_DEVELOPMENT_PACKAGE_SECTION libdevel)
set(CPACK_DEBIAN_DEVELOPMENT_PACKAGE_SUGGESTS "stint (= ${PROJECT_VERSION}-1), cmake")
# What stintConfig.cmake and stint.pc look for.
string(
  JOIN ", " CPACK_DEBIAN_DEVELOPMENT_PACKAGE_DEPENDS
  libfmt-dev nlohmann-json3-dev libspdlog-dev libtomlplusplus-dev libsqlite3-dev
  "libcurl4-openssl-dev | libcurl4-gnutls-dev" zlib1g-dev libpq-dev libmicrohttpd-dev libhiredis-dev
  pkg-config)
set(CPACK_COMPONENT_DEVELOPMENT_DESCRIPTION
    "A task is declared once, as a function with typed arguments. It is run in a\n\
loop under a one-instance lock, or jobs of it are put into an embedded or a\n\
PostgreSQL store and executed.\n\
.\n\
This package has the headers, the static library, its package for CMake and\n\
for pkg-config, the documentation and examples.")

# The licence in Debian's form.
file(READ "${PROJECT_SOURCE_DIR}/LICENSE" licence)
string(FIND "${licence}" "Redistribution and use" terms)
string(SUBSTRING "${licence}" ${terms} -1 licence)
string(STRIP "${licence}" licence)
string(REPLACE "\n\n" "\n.\n" licence "${licence}")
string(REPLACE "\n" "\n " licence "${licence}")
file(
  WRITE "${PROJECT_BINARY_DIR}/packaging/copyright"
  "Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/
Upstream-Name: stint
Source: https://example.org/stint

Files: *
Copyright: 2026 the Stint maintainers
License: BSD-3-Clause
 ${licence}
")

# What Debian wants beyond an installation is made from it just before it is packed.
set(CPACK_STINT_SOURCE_DIR "${PROJECT_SOURCE_DIR}")
set(CPACK_STINT_BINARY_DIR "${PROJECT_BINARY_DIR}")
set(CPACK_PRE_BUILD_SCRIPTS "${PROJECT_SOURCE_DIR}/cmake/finish_packages.cmake")
include(CPack)
