/// Execute a task or a module's command in this process: `run TASK`, `PROGRAM NAME`.
#pragma once
#include <exception>
#include "core/job_records.hpp"
#include "core/registry.hpp"
#include "stint/json.hpp"

namespace stint::cli {

class Context;

/// How it ended.
struct HereResult {
  Completion end;
  std::exception_ptr thrown = {};  ///< what the code threw; empty: nothing
  int signal = 0;                  ///< the SIGINT or SIGTERM that asked it to stop; 0: none
};

/// Check the arguments, execute on this thread, and return. SIGINT and SIGTERM ask the code to
/// stop; a second one ends the process at once. The store is opened only if the code asks for a
/// client or enqueues. What the code wrote to standard output is flushed. Throws Error for what is
/// wrong before it begins.
HereResult run_here(Context& context, const detail::TaskDeclaration& task, json args);

/// Describe a failure for standard error: "error: no number in n.txt".
std::string failure_text(const Completion& end);

}  // namespace stint::cli
