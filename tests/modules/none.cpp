// A shared object without a module. None of its code may run.
#include <cstdlib>

namespace {
[[gnu::constructor]] void refuse_to_be_loaded() { std::abort(); }
}  // namespace
