# Finds what the build needs. See third_party/README.md for versions, licences and reasons.

set(LAMINA_DEPENDENCY_HINT
    "Install it (Debian: apt install libeigen3-dev nlohmann-json3-dev), or take the header wheels: "
    "pip install cmeel-eigen nlohmann-json, and pass -DCMAKE_PREFIX_PATH=<the site-packages folder>.")
string(CONCAT LAMINA_DEPENDENCY_HINT ${LAMINA_DEPENDENCY_HINT})

# pip builds in an environment whose path is new each time. Building from copies of the headers, which change only when
# their contents do, keeps the second `pip install .` from compiling everything again.
function(lamina_copy_headers from to)
  file(GLOB_RECURSE headers RELATIVE "${from}" ${ARGN})
  foreach(header IN LISTS headers)
    get_filename_component(folder "${to}/${header}" DIRECTORY)
    file(MAKE_DIRECTORY "${folder}")
    file(COPY_FILE "${from}/${header}" "${to}/${header}" ONLY_IF_DIFFERENT)
  endforeach()
endfunction()

set(LAMINA_THIRD_PARTY_INCLUDE_DIR "${PROJECT_BINARY_DIR}/third_party/include")

# Eigen, only in the kernels: its packet primitives, and its decompositions in kernels/linalg.
find_package(Eigen3 3.4 CONFIG QUIET
             PATH_SUFFIXES share/eigen3/cmake lib/cmake/eigen3 cmeel.prefix/share/eigen3/cmake)
if(NOT TARGET Eigen3::Eigen)
  message(FATAL_ERROR "Eigen 3.4 was not found. ${LAMINA_DEPENDENCY_HINT}")
endif()
get_target_property(eigen_include_dir Eigen3::Eigen INTERFACE_INCLUDE_DIRECTORIES)
message(STATUS "Eigen ${Eigen3_VERSION}: ${eigen_include_dir}")
lamina_copy_headers("${eigen_include_dir}" "${LAMINA_THIRD_PARTY_INCLUDE_DIR}" "${eigen_include_dir}/Eigen/*")
add_library(lamina_eigen INTERFACE)
target_include_directories(lamina_eigen SYSTEM INTERFACE "${LAMINA_THIRD_PARTY_INCLUDE_DIR}")

# nlohmann/json: the text inside .lamina files.
find_path(LAMINA_JSON_INCLUDE_DIR nlohmann/json.hpp NO_CACHE PATH_SUFFIXES nlohmann_json/include include)
if(NOT LAMINA_JSON_INCLUDE_DIR)
  message(FATAL_ERROR "nlohmann/json was not found. ${LAMINA_DEPENDENCY_HINT}")
endif()
message(STATUS "nlohmann/json: ${LAMINA_JSON_INCLUDE_DIR}")
lamina_copy_headers("${LAMINA_JSON_INCLUDE_DIR}" "${LAMINA_THIRD_PARTY_INCLUDE_DIR}" "${LAMINA_JSON_INCLUDE_DIR}/nlohmann/*")
add_library(lamina_json INTERFACE)
target_include_directories(lamina_json SYSTEM INTERFACE "${LAMINA_THIRD_PARTY_INCLUDE_DIR}")

# OpenMP: the threads of parallel_for.
find_package(OpenMP REQUIRED COMPONENTS CXX)
