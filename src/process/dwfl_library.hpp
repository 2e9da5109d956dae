/// elfutils' library that finds modules, unwinds stacks and names functions: loaded at first use.
#pragma once
#include <elfutils/libdwfl.h>

namespace stint {

/// The functions of libdw.so.1 that we use. The library is loaded when it is first asked for and
/// stays: programs that never look at a stack neither need it nor pay for it.
struct DwflLibrary {
  decltype(&::dwfl_begin) begin = nullptr;
  decltype(&::dwfl_end) end = nullptr;
  decltype(&::dwfl_errmsg) error_text = nullptr;
  decltype(&::dwfl_linux_proc_report) report_process = nullptr;
  decltype(&::dwfl_linux_proc_attach) attach_process = nullptr;
  decltype(&::dwfl_linux_proc_find_elf) find_elf = nullptr;
  decltype(&::dwfl_build_id_find_debuginfo) find_debuginfo = nullptr;
  decltype(&::dwfl_report_end) report_end = nullptr;
  decltype(&::dwfl_getmodules) modules = nullptr;
  decltype(&::dwfl_addrmodule) module_at = nullptr;
  decltype(&::dwfl_module_info) module_info = nullptr;
  decltype(&::dwfl_module_getelf) module_elf = nullptr;
  decltype(&::dwfl_module_eh_cfi) module_unwind_table = nullptr;
  decltype(&::dwfl_module_dwarf_cfi) module_debug_unwind_table = nullptr;
  decltype(&::dwfl_module_addrinfo) symbol_at = nullptr;
  decltype(&::dwfl_module_getsrc) line_at = nullptr;
  decltype(&::dwfl_lineinfo) line_info = nullptr;
  decltype(&::dwfl_getthread_frames) thread_frames = nullptr;
  decltype(&::dwfl_frame_pc) frame_address = nullptr;
};

/// Load the library, once. Throws Error kUnavailable that names the package which has it.
const DwflLibrary& dwfl_library();

}  // namespace stint
