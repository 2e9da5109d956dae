/// The modules of a process, and the names of what lies in them.
#pragma once
#include <sys/types.h>
#include <cstdint>
#include <memory>
#include <string>
#include "process/dwfl_library.hpp"
#include "process/thread_stacks.hpp"

namespace stint {

/// Know the modules that a process has mapped now. Reads its files, not its memory: the process
/// runs on meanwhile, may end, and may be this one. One thread.
class StackSymbols final {
 public:
  /// Throws Error kUnavailable: no library, no such process.
  explicit StackSymbols(pid_t process);
  StackSymbols(const StackSymbols&) = delete;
  StackSymbols& operator=(const StackSymbols&) = delete;

  /// Read what unwinding will need of each module, so that nobody is halted meanwhile.
  void load_unwind_tables() const;
  /// Name an address. `is_return_address`: the call stands before it.
  StackFrame find(std::uint64_t address, bool is_return_address) const;

  Dwfl* handle() const { return dwfl_.get(); }

 private:
  const DwflLibrary& library_;
  Dwfl_Callbacks callbacks_{};
  std::unique_ptr<Dwfl, void (*)(Dwfl*)> dwfl_;
};

}  // namespace stint
