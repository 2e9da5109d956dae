// Own child processes until killed: keeper_owner SCRIPT... starts each with sh and says when all
// run.
#include <unistd.h>
#include <cstdio>
#include <memory>
#include <string>
#include <vector>
#include "process/keeper.hpp"

int main(int argc, char** argv) {
  stint::run_keeper_if_asked(argc, argv);
  stint::Keeper keeper;
  std::vector<std::unique_ptr<stint::ChildProcess>> children;
  for (int at = 1; at < argc; ++at) {
    stint::SpawnOptions options{.arguments = {"sh", "-c", argv[at]}};
    options.descriptors = {{STDOUT_FILENO, STDOUT_FILENO}};
    children.push_back(keeper.spawn(options));
  }
  std::printf("owner\n");
  std::fflush(stdout);
  ::pause();
  return 0;
}
