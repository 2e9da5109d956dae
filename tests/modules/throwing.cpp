// A module whose static initialiser throws.
#include <stdexcept>
#include <string>
#include <stint/stint.hpp>

namespace {

int read_licence() { throw std::runtime_error{"no licence found"}; }
const int licence = read_licence();

}  // namespace

STINT_MODULE(throwing, m) {
  m.task("run", [] { return licence; });
}
