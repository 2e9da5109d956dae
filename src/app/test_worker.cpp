#include "app/test_worker.hpp"

namespace stint {

std::optional<std::vector<std::string>> test_worker_words(int argc, char** argv) {
  if (argc < 2 || argv[1] == nullptr || argv[1] != kTestWorkerOption) return std::nullopt;
  return std::vector<std::string>{argv + 2, argv + argc};
}

}  // namespace stint
