# Libraries from the system's packages, found through pkg-config.
find_package(PkgConfig REQUIRED)
find_package(Threads REQUIRED)
pkg_check_modules(JANSSON REQUIRED IMPORTED_TARGET jansson)
pkg_check_modules(YAML REQUIRED IMPORTED_TARGET yaml-0.1)
pkg_check_modules(PNG REQUIRED IMPORTED_TARGET libpng)
pkg_check_modules(GIF REQUIRED IMPORTED_TARGET libgif)
pkg_check_modules(CRYPTO REQUIRED IMPORTED_TARGET libcrypto)
pkg_check_modules(SQLITE REQUIRED IMPORTED_TARGET sqlite3)
pkg_check_modules(ZLIB REQUIRED IMPORTED_TARGET zlib)
pkg_check_modules(CURL REQUIRED IMPORTED_TARGET libcurl)
pkg_check_modules(RDKAFKA REQUIRED IMPORTED_TARGET rdkafka)
pkg_check_modules(MICROHTTPD REQUIRED IMPORTED_TARGET libmicrohttpd)
set(MFN_LIBRARY_DEPENDENCIES
  PkgConfig::JANSSON PkgConfig::YAML PkgConfig::PNG PkgConfig::GIF PkgConfig::CRYPTO PkgConfig::ZLIB)
set(MFN_APP_DEPENDENCIES
  PkgConfig::SQLITE PkgConfig::CURL PkgConfig::RDKAFKA Threads::Threads)
# What the program needs beside those of the libraries.
find_library(MFN_WSLAY wslay REQUIRED) # its package has no file for pkg-config
set(MFN_SERVER_DEPENDENCIES PkgConfig::MICROHTTPD ${MFN_WSLAY})
if(MFN_BUILD_TESTS)
  pkg_check_modules(CHECK REQUIRED IMPORTED_TARGET check)
endif()
