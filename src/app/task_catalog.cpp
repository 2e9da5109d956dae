#include "app/task_catalog.hpp"
#include <utility>
#include "base/log.hpp"
#include "core/arguments.hpp"
#include "stint/error.hpp"

namespace stint {
namespace {

using std::chrono::seconds;

constexpr std::chrono::nanoseconds kKept = seconds{60};
// How long an answer counts as new: for names that nobody has, and for arguments that did not fit.
constexpr std::chrono::nanoseconds kNew = seconds{1};

}  // namespace

std::shared_ptr<const detail::TaskDeclaration> TaskCatalog::find(Store& store,
                                                                 std::string_view name) {
  const MutexLock lock{mutex_};
  auto found = tasks_.find(name);
  if (is_older_than(found == tasks_.end() ? kNew : kKept)) {
    load(store);
    found = tasks_.find(name);
  }
  return found == tasks_.end() ? nullptr : found->second;
}

bool TaskCatalog::refresh() {
  const MutexLock lock{mutex_};
  if (!is_older_than(kNew)) return false;
  loaded_at_.reset();
  return true;
}

bool TaskCatalog::is_older_than(std::chrono::nanoseconds age) const {
  return !loaded_at_ || clock_.boot_now() - *loaded_at_ >= age;
}

void TaskCatalog::load(Store& store) {
  Tasks tasks;
  for (const TaskRecord& record : store.list_tasks()) {
    try {
      const json specification = parse_json(record.specification, "the specification");
      tasks[record.name] = std::make_shared<const detail::TaskDeclaration>(
          task_from_specification(record.name, specification));
    } catch (const Error& error) {
      // Then its arguments are checked by the worker alone.
      log_warning("client", "task {}: {}", record.name, error.what());
    }
  }
  tasks_ = std::move(tasks);
  loaded_at_ = clock_.boot_now();
}

}  // namespace stint
