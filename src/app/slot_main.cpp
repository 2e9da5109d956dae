#include "app/slot_main.hpp"
#include <algorithm>
#include <iterator>
#include <memory>
#include <utility>
#include <vector>
#include "app/environment.hpp"
#include "app/module_files.hpp"
#include "app/worker_setup.hpp"
#include "backends/sqlite/backend.hpp"
#include "config/settings_transfer.hpp"
#include "process/channel.hpp"
#include "runtime/slot_server.hpp"

namespace stint {

int run_as_slot(int channel, std::span<const ModuleDefinition> modules) {
  sqlite::refuse_memory_stores(
      "it is in the memory of the worker or runner, and this task runs in a process of its own; "
      "enqueue by job.enqueue, run tasks on threads (--isolation thread), or use sqlite:FILE");
  Channel to_worker{UniqueFd{channel}};
  return serve_slot(to_worker, [modules](const slot::Hello& hello, std::vector<UniqueFd> files) {
    std::vector<ModuleDefinition> all{modules.begin(), modules.end()};
    std::ranges::copy(adopt_module_files(hello.modules, std::move(files)), std::back_inserter(all));
    const auto environment =
        std::make_shared<Environment>(unpack_settings(hello.settings), all, hello.store);
    return std::shared_ptr<const RunEnvironment>{make_run_environment(environment)};
  });
}

}  // namespace stint
