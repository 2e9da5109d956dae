# What the library needs. nlohmann-json and fmt are in the public headers; the rest stays inside.
# stintConfig.cmake.in has the same list for those who use the installed package.
find_package(Threads REQUIRED)
find_package(fmt REQUIRED)
find_package(nlohmann_json 3.11 REQUIRED)
find_package(spdlog REQUIRED)
find_package(tomlplusplus REQUIRED)
find_package(SQLite3 3.40 REQUIRED)
find_package(CURL 7.87 REQUIRED)
find_package(ZLIB REQUIRED)
find_package(PkgConfig REQUIRED)
if(NOT TARGET PkgConfig::STINT_LIBPQ)
  pkg_check_modules(STINT_LIBPQ REQUIRED IMPORTED_TARGET libpq)
endif()
if(NOT TARGET PkgConfig::STINT_MICROHTTPD)
  pkg_check_modules(STINT_MICROHTTPD REQUIRED IMPORTED_TARGET libmicrohttpd>=0.9.75)
endif()
# Only linked: with its flags, every source would find its read.h and async.h.
if(NOT TARGET PkgConfig::STINT_HIREDIS)
  pkg_check_modules(STINT_HIREDIS REQUIRED IMPORTED_TARGET hiredis>=0.14)
endif()
find_path(STINT_HIREDIS_INCLUDE_DIR hiredis/hiredis.h HINTS "${STINT_HIREDIS_INCLUDEDIR}" REQUIRED)
mark_as_advanced(STINT_HIREDIS_INCLUDE_DIR)
# Loaded at run time, when a stack is looked at: only its headers are needed here, and nothing of it by
# those who link the library.
find_path(STINT_LIBDW_INCLUDE_DIR elfutils/libdwfl.h REQUIRED)
mark_as_advanced(STINT_LIBDW_INCLUDE_DIR)
