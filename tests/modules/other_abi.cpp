// What the module file of another Stint looks like: its note says another number. None of its code
// may run.
#include <cstdlib>
#include <stint/module.hpp>

namespace {

consteval stint::detail::ModuleNote note_of_another() {
  stint::detail::ModuleNote note =
      stint::detail::make_module_note("other", stint::detail::kModuleLayout);
  note.description.abi.stint = 999;
  note.description.abi.json = 31203;
  stint::detail::copy_text("9.8.7", note.description.version);
  return note;
}

[[gnu::used, gnu::retain, gnu::section(".note.stint"),
  gnu::aligned(4)]] constexpr stint::detail::ModuleNote note = note_of_another();

[[gnu::constructor]] void refuse_to_be_loaded() { std::abort(); }

}  // namespace
