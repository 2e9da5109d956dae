// A user's program that has a module of its own and loads others. Where MODULE_HOST_REPLACEMENT and
// MODULE_HOST_FILE are set, the one becomes the other after it was checked and before it is loaded.
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <stdexcept>
#include "base/test_point.hpp"
#include "stint/stint.hpp"

STINT_MODULE(host, m) {
  m.task("run", [] { return 7; });
}

int main(int argc, char** argv) {
  const char* const from = std::getenv("MODULE_HOST_REPLACEMENT");
  const char* const to = std::getenv("MODULE_HOST_FILE");
  std::unique_ptr<stint::ArmedTestPoint> armed;
  if (from != nullptr && to != nullptr) {
    armed = std::make_unique<stint::ArmedTestPoint>("modules.before_load", [from, to] {
      if (std::rename(from, to) != 0) throw std::runtime_error{"cannot rename"};
    });
  }
  return stint::main(argc, argv, {host});
}
