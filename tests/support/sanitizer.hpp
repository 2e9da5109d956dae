/// Whether the tests run under a sanitizer, which has memory and ways of its own.
#pragma once

namespace stint::test {

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
inline constexpr bool kHasSanitizer = true;
#else
inline constexpr bool kHasSanitizer = false;
#endif

}  // namespace stint::test
