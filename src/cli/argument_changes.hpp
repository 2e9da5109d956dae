/// The words of `job update`, applied to the arguments of jobs.
#pragma once
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>
#include "app/task_catalog.hpp"
#include "core/job_operations.hpp"
#include "core/job_records.hpp"
#include "stint/enqueue.hpp"
#include "stint/json.hpp"

namespace stint::cli {

class Context;

/// Replace some arguments of jobs, of one task or of several. Not thread-safe.
class ArgumentChanges final {
 public:
  /// `words` as `enqueue` takes them; `cleared`: names of arguments that are taken away, so that
  /// they have their defaults. The context must outlive this object.
  ArgumentChanges(Context& context, std::vector<std::string> words,
                  std::vector<std::string> cleared);

  bool empty() const { return words_.empty() && cleared_.empty(); }
  /// Make the arguments that the job is to have: checked against its task as at an enqueue, as far
  /// as this program or the store knows it. Dates such as `today-1d` are those of `due`, when the
  /// job is to run. Throws Error kInvalid, kUsage.
  NewArguments apply(const JobRecord& job, const EnqueueOptions& due);

 private:
  /// What the words mean for a task.
  struct ForTask {
    std::shared_ptr<const detail::TaskDeclaration> task;  // none: nobody has registered it
    json given;
  };
  const ForTask& for_task(const std::string& name);
  json present(const JobRecord& job);
  void clear(const ForTask& changes, json& args) const;

  Context& context_;
  std::vector<std::string> words_;
  std::vector<std::string> cleared_;
  TaskCatalog catalog_;
  std::map<std::string, ForTask, std::less<>> tasks_;
};

}  // namespace stint::cli
