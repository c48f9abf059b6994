# The flags of every target of this project. Nothing here reaches the users of the library.

set(LAMINA_COMPILE_OPTIONS)
set(LAMINA_LINK_OPTIONS)

if(LAMINA_STRICT)
  list(APPEND LAMINA_COMPILE_OPTIONS -Wall -Wextra -Wshadow -Werror)
endif()

if(LAMINA_SANITIZE)
  list(APPEND LAMINA_COMPILE_OPTIONS -fsanitize=${LAMINA_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer)
  list(APPEND LAMINA_LINK_OPTIONS -fsanitize=${LAMINA_SANITIZE})
endif()

# Each function apart, so that a program which is linked with --gc-sections carries only what it can reach.
list(APPEND LAMINA_COMPILE_OPTIONS -ffunction-sections -fdata-sections)
if(NOT APPLE AND NOT LAMINA_SANITIZE)
  list(APPEND LAMINA_LINK_OPTIONS -Wl,--gc-sections)
endif()

function(lamina_set_flags target)
  set_target_properties(${target} PROPERTIES
    CXX_STANDARD 17 CXX_STANDARD_REQUIRED ON CXX_EXTENSIONS OFF
    CXX_VISIBILITY_PRESET hidden VISIBILITY_INLINES_HIDDEN ON
    POSITION_INDEPENDENT_CODE ON)
  target_compile_options(${target} PRIVATE ${LAMINA_COMPILE_OPTIONS})
  target_link_options(${target} PRIVATE ${LAMINA_LINK_OPTIONS})
endfunction()
