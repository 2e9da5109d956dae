/// How a program is started as a worker of the test that it is.
#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace stint {

/// The only word of such a command line; what the worker does is in the environment.
inline constexpr std::string_view kTestWorkerOption = "--stint-testing-worker";

/// The words of `worker run` if this program was started as a worker of a test.
std::optional<std::vector<std::string>> test_worker_words(int argc, char** argv);

}  // namespace stint
