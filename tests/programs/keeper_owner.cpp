// Own child processes until killed: keeper_owner [--deadline-in MS] SCRIPT... starts each with sh
// and says when all run. With a deadline, that is set as they start; its time follows "owner".
#include <unistd.h>
#include <chrono>
#include <cstdio>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>
#include "base/clock.hpp"
#include "process/keeper.hpp"

int main(int argc, char** argv) {
  stint::run_keeper_if_asked(argc, argv);
  stint::Keeper keeper;
  std::optional<std::chrono::nanoseconds> deadline;
  int at = 1;
  if (argc > 2 && std::string_view{argv[1]} == "--deadline-in") {
    deadline = stint::real_clock().boot_now() + std::chrono::milliseconds{std::stoi(argv[2])};
    at = 3;
  }
  std::vector<std::unique_ptr<stint::ChildProcess>> children;
  for (; at < argc; ++at) {
    stint::SpawnOptions options{.arguments = {"sh", "-c", argv[at]}, .deadline = deadline};
    options.descriptors = {{STDOUT_FILENO, STDOUT_FILENO}};
    children.push_back(keeper.spawn(options));
  }
  std::printf("owner%s\n", deadline ? (" " + std::to_string(deadline->count())).c_str() : "");
  std::fflush(stdout);
  ::pause();
  return 0;
}
