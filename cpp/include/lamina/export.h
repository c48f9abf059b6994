// Marks what a shared liblamina exports: everything in the public headers, and nothing else.
#pragma once

#if defined(__GNUC__)
#define LAMINA_API __attribute__((visibility("default")))
#else
#define LAMINA_API
#endif
