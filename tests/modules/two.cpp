// Two modules in one file; one of them in a namespace.
#include <stint/stint.hpp>

STINT_MODULE(first, m) {
  m.task("run", [] { return 1; });
}

namespace inside {
STINT_MODULE(second, m) {
  m.task("run", [] { return 2; });
}
}  // namespace inside
