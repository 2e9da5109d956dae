/// Execute a module's command in this process: `PROGRAM NAME`.
#pragma once
#include <exception>
#include <optional>
#include "core/job_records.hpp"
#include "core/registry.hpp"
#include "stint/enqueue.hpp"
#include "stint/error.hpp"
#include "stint/json.hpp"

namespace stint {
class Environment;
}

namespace stint::cli {

class Context;

/// How it ended.
struct HereResult {
  Completion end;
  std::exception_ptr thrown = {};      ///< what the code threw; empty: nothing
  std::optional<ErrorCode> code = {};  ///< of the Error that it threw in another process
  int signal = 0;                      ///< the SIGINT or SIGTERM that asked it to stop; 0: none
};

/// Check the arguments, execute on this thread, and return. SIGINT and SIGTERM ask the code to
/// stop, and end what it waits for by its client; a second one ends the process at once. The store
/// is opened only if the code asks for a client or enqueues. What the code wrote to standard output
/// is flushed. Throws Error for what is wrong before it begins.
HereResult run_here(Context& context, const detail::TaskDeclaration& task, json args);

/// Enqueue what a task or command that runs outside the queue enqueues. Opens the store.
JobId enqueue_child_of_run(Environment& environment, std::string_view task, const json& args,
                           const EnqueueOptions& options);

/// Describe a failure for standard error: "error: no number in n.txt".
std::string failure_text(const Completion& end);

}  // namespace stint::cli
