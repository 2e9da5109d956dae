// A module file of a user.
#include <iostream>
#include <stint/stint.hpp>

namespace {

long multiply(long a, long b) {
  std::cout << a << " x " << b << " = " << a * b << std::endl;
  return a * b;
}

}  // namespace

STINT_MODULE(shipped, m) { m.task("multiply", multiply, {stint::arg("a"), stint::arg("b") = 7}); }
