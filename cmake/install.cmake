# Headers, both libraries, the program, and what build systems need to find them.
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)

set(MFN_PACKAGE_DIR ${CMAKE_INSTALL_LIBDIR}/cmake/mfn)
set_target_properties(mfn_shared PROPERTIES EXPORT_NAME mfn)
set_target_properties(mfn_stream_shared PROPERTIES EXPORT_NAME mfn_stream)
install(TARGETS mfn_shared mfn_static mfn_stream_shared EXPORT mfnTargets
  LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR}
  ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR})
install(TARGETS mfn RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
install(DIRECTORY include/mfn DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
install(FILES LICENSE NOTICE DESTINATION ${CMAKE_INSTALL_DOCDIR})

# The prefix is computed from where the file lies, so an installed tree can be moved.
file(RELATIVE_PATH MFN_PC_TO_PREFIX
  ${CMAKE_INSTALL_FULL_LIBDIR}/pkgconfig ${CMAKE_INSTALL_PREFIX})
configure_file(cmake/mfn.pc.in mfn.pc @ONLY)
configure_file(cmake/mfn_stream.pc.in mfn_stream.pc @ONLY)
install(FILES ${CMAKE_CURRENT_BINARY_DIR}/mfn.pc ${CMAKE_CURRENT_BINARY_DIR}/mfn_stream.pc
  DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)

install(EXPORT mfnTargets NAMESPACE mfn:: DESTINATION ${MFN_PACKAGE_DIR})
configure_package_config_file(cmake/mfnConfig.cmake.in mfnConfig.cmake
  INSTALL_DESTINATION ${MFN_PACKAGE_DIR})
write_basic_package_version_file(mfnConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${CMAKE_CURRENT_BINARY_DIR}/mfnConfig.cmake
  ${CMAKE_CURRENT_BINARY_DIR}/mfnConfigVersion.cmake DESTINATION ${MFN_PACKAGE_DIR})
