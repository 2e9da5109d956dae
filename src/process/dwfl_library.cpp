#include "process/dwfl_library.hpp"
#include <dlfcn.h>
#include <string>
#include "stint/error.hpp"

namespace stint {
namespace {

// The name under which every release since 2005 has it.
constexpr const char* kFile = "libdw.so.1";

[[noreturn]] void fail() {
  const char* const why = ::dlerror();
  throw Error{ErrorCode::kUnavailable, std::string{"cannot read stacks without elfutils' "} +
                                           kFile + " (on Debian: apt-get install libdw1)" +
                                           (why != nullptr ? ": " : "") +
                                           (why != nullptr ? why : "")};
}

template <typename Function>
void find(void* library, const char* name, Function& to) {
  // NOLINTNEXTLINE(cppcoreguidelines-pro-type-reinterpret-cast): how POSIX hands out functions
  to = reinterpret_cast<Function>(::dlsym(library, name));
  if (to == nullptr) fail();
}

DwflLibrary load() {
  void* const library = ::dlopen(kFile, RTLD_NOW | RTLD_LOCAL);
  if (library == nullptr) fail();
  DwflLibrary functions;
  find(library, "dwfl_begin", functions.begin);
  find(library, "dwfl_end", functions.end);
  find(library, "dwfl_errmsg", functions.error_text);
  find(library, "dwfl_linux_proc_report", functions.report_process);
  find(library, "dwfl_linux_proc_attach", functions.attach_process);
  find(library, "dwfl_linux_proc_find_elf", functions.find_elf);
  find(library, "dwfl_build_id_find_debuginfo", functions.find_debuginfo);
  find(library, "dwfl_report_end", functions.report_end);
  find(library, "dwfl_getmodules", functions.modules);
  find(library, "dwfl_addrmodule", functions.module_at);
  find(library, "dwfl_module_info", functions.module_info);
  find(library, "dwfl_module_getelf", functions.module_elf);
  find(library, "dwfl_module_eh_cfi", functions.module_unwind_table);
  find(library, "dwfl_module_dwarf_cfi", functions.module_debug_unwind_table);
  find(library, "dwfl_module_addrinfo", functions.symbol_at);
  find(library, "dwfl_module_getsrc", functions.line_at);
  find(library, "dwfl_lineinfo", functions.line_info);
  find(library, "dwfl_getthread_frames", functions.thread_frames);
  find(library, "dwfl_frame_pc", functions.frame_address);
  return functions;
}

}  // namespace

const DwflLibrary& dwfl_library() {
  static const DwflLibrary functions = load();  // a failure is tried again at the next call
  return functions;
}

}  // namespace stint
