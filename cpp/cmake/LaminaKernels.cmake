# The kernels, compiled once per instruction set level.
#   LAMINA_LEVEL_LIST            the levels of this build, worst first
#   LAMINA_LEVEL_DEFINITIONS     LAMINA_HAVE_<LEVEL> for each, read by kernels/dispatch.cpp
#   LAMINA_KERNEL_SOURCES_ONCE   kernel sources that are compiled once, for every processor
#   lamina_kernels_<level>       the object libraries

if(CMAKE_SYSTEM_PROCESSOR MATCHES "^(x86_64|AMD64|amd64)$")
  set(known_levels v2 v3 v4)
elseif(CMAKE_SYSTEM_PROCESSOR MATCHES "^(aarch64|arm64|ARM64)$")
  set(known_levels neon)
else()
  message(FATAL_ERROR "Lamina has no kernels for the processor \"${CMAKE_SYSTEM_PROCESSOR}\". "
                      "Expected x86-64 or 64-bit ARM.")
endif()

set(flags_v2 -march=x86-64-v2)
set(flags_v3 -march=x86-64-v3)
# gcc and clang would otherwise use half of the register.
set(flags_v4 -march=x86-64-v4 -mprefer-vector-width=512)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  # False alarms in the AVX-512 intrinsics of gcc before 13 (its bug 105593).
  list(APPEND flags_v4 -Wno-uninitialized -Wno-maybe-uninitialized)
endif()
set(flags_neon -march=armv8-a)

if(LAMINA_LEVELS STREQUAL "all")
  set(LAMINA_LEVEL_LIST ${known_levels})
else()
  set(LAMINA_LEVEL_LIST)
  foreach(level IN LISTS LAMINA_LEVELS)
    if(NOT level IN_LIST known_levels)
      message(FATAL_ERROR "LAMINA_LEVELS: \"${level}\" is not a level of ${CMAKE_SYSTEM_PROCESSOR}. "
                          "Expected \"all\" or a list of: ${known_levels}.")
    endif()
  endforeach()
  foreach(level IN LISTS known_levels)
    if(level IN_LIST LAMINA_LEVELS)
      list(APPEND LAMINA_LEVEL_LIST ${level})
    endif()
  endforeach()
endif()

set(kernels "${CMAKE_CURRENT_SOURCE_DIR}/src/kernels")
file(GLOB texts CONFIGURE_DEPENDS "${kernels}/text/*.cpp")
file(GLOB decompositions CONFIGURE_DEPENDS "${kernels}/linalg/*.cpp")
set(LAMINA_KERNEL_SOURCES_ONCE
    "${kernels}/ctc/decode.cpp"                 # bookkeeping, and exponentials one at a time
    "${kernels}/ctc/loss.cpp"
    "${kernels}/dispatch.cpp"                   # chooses the level, so it runs before one is known
    "${kernels}/elementwise/special.cpp"        # series in float64, that no vector instruction helps
    "${kernels}/elementwise/unary_grad.cpp"     # a fact about the formulas, that belongs to no level
    "${kernels}/order/sort.cpp"                 # comparisons and moves
    "${kernels}/order/top_k.cpp"
    "${kernels}/random/integers.cpp"            # 128-bit products that no vector instruction has
    "${kernels}/scan/scan.cpp"                  # chains of dependent operations
    "${kernels}/scatter/scatter.cpp"            # random access
    "${kernels}/random/rejection.cpp"           # a loop of unknown length for each number
    ${decompositions}                           # Eigen's, which allocate
    ${texts}                                    # bytes, one at a time
)
# With an Eigen of their own: that of no level, and not that of the host program.
set_source_files_properties(${decompositions} PROPERTIES COMPILE_DEFINITIONS "Eigen=eigen_once;EIGEN_DONT_PARALLELIZE"
                                                         COMPILE_OPTIONS -fno-math-errno)
file(GLOB level_sources CONFIGURE_DEPENDS "${kernels}/table.cpp" "${kernels}/*/*.cpp")
list(REMOVE_ITEM level_sources ${LAMINA_KERNEL_SOURCES_ONCE})

# The flags of what is compiled for one level.
function(lamina_set_level_flags target level)
  lamina_set_flags(${target})
  # Each level has its own namespace and its own Eigen, so that the linker cannot give one level another one's code.
  target_compile_definitions(${target} PRIVATE LAMINA_LEVEL=${level} Eigen=eigen_${level}
                             EIGEN_DONT_PARALLELIZE EIGEN_NO_MALLOC)
  # -ffast-math is never used: it would change the results, and the floating point mode of the host program.
  target_compile_options(${target} PRIVATE ${flags_${level}} -fno-math-errno -fno-trapping-math -ffp-contract=on
                                           -fno-exceptions -fno-asynchronous-unwind-tables
                         # A packet as a template argument is meant: its alignment is that of the vector type.
                         $<$<CXX_COMPILER_ID:GNU>:-Wno-ignored-attributes>)
  target_link_libraries(${target} PRIVATE lamina_eigen)
endfunction()

set(LAMINA_LEVEL_DEFINITIONS)
foreach(level IN LISTS LAMINA_LEVEL_LIST)
  string(TOUPPER ${level} upper)
  list(APPEND LAMINA_LEVEL_DEFINITIONS LAMINA_HAVE_${upper})
  add_library(lamina_kernels_${level} OBJECT ${level_sources})
  lamina_set_level_flags(lamina_kernels_${level} ${level})
  target_include_directories(lamina_kernels_${level} PRIVATE "${CMAKE_CURRENT_SOURCE_DIR}/src"
                                                             "${CMAKE_CURRENT_SOURCE_DIR}/include")
  target_precompile_headers(lamina_kernels_${level} PRIVATE <Eigen/Core>)
endforeach()
