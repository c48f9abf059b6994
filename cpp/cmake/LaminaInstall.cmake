# Installs the headers, the library, the CMake package (find_package(lamina)) and the pkg-config file. Everything is
# relative to the prefix, so the tree may be moved, and lies inside the Python wheel as it is.
include(CMakePackageConfigHelpers)

set(lamina_cmake_dir "${CMAKE_INSTALL_LIBDIR}/cmake/lamina")

install(DIRECTORY "${CMAKE_CURRENT_SOURCE_DIR}/include/lamina" DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}"
        FILES_MATCHING PATTERN "*.h")
install(TARGETS lamina EXPORT lamina-targets
        ARCHIVE DESTINATION "${CMAKE_INSTALL_LIBDIR}"
        LIBRARY DESTINATION "${CMAKE_INSTALL_LIBDIR}"
        RUNTIME DESTINATION "${CMAKE_INSTALL_BINDIR}")
install(EXPORT lamina-targets NAMESPACE lamina:: DESTINATION "${lamina_cmake_dir}")

configure_package_config_file("${CMAKE_CURRENT_LIST_DIR}/lamina-config.cmake.in"
                              "${CMAKE_CURRENT_BINARY_DIR}/lamina-config.cmake"
                              INSTALL_DESTINATION "${lamina_cmake_dir}")
write_basic_package_version_file("${CMAKE_CURRENT_BINARY_DIR}/lamina-config-version.cmake"
                                 COMPATIBILITY SameMinorVersion)
install(FILES "${CMAKE_CURRENT_BINARY_DIR}/lamina-config.cmake" "${CMAKE_CURRENT_BINARY_DIR}/lamina-config-version.cmake"
        DESTINATION "${lamina_cmake_dir}")

# A static library carries what it needs into the final link; a shared one has it inside.
string(JOIN " " openmp_flags ${OpenMP_CXX_FLAGS})
if(BUILD_SHARED_LIBS)
  set(lamina_pc_libs "")
else()
  set(lamina_pc_libs " -lstdc++ -lm ${openmp_flags}")
endif()
file(RELATIVE_PATH lamina_pc_prefix "/${CMAKE_INSTALL_LIBDIR}/pkgconfig" "/")
configure_file("${CMAKE_CURRENT_LIST_DIR}/lamina.pc.in" "${CMAKE_CURRENT_BINARY_DIR}/lamina.pc" @ONLY)
install(FILES "${CMAKE_CURRENT_BINARY_DIR}/lamina.pc" DESTINATION "${CMAKE_INSTALL_LIBDIR}/pkgconfig")
