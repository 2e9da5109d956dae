#include "process/stack_symbols.hpp"
#include <cxxabi.h>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <string_view>
#include <utility>
#include <fmt/format.h>
#include "stint/error.hpp"

namespace stint {
namespace {

// A name of nested templates may be longer than everything else together.
constexpr std::size_t kLongestName = 200;

// What the language calls by a short name and its linker by the whole of it.
constexpr std::array<std::pair<std::string_view, std::string_view>, 2> kShortNames{
    {{"std::__cxx11::basic_string<char, std::char_traits<char>, std::allocator<char> >",
      "std::string"},
     {"std::vector<std::string, std::allocator<std::string> >", "std::vector<std::string>"}}};

std::string base_name(std::string_view path) {
  return std::string{path.substr(path.rfind('/') + 1)};
}

std::string demangle(const char* name) {
  struct Free {
    void operator()(char* text) const { std::free(text); }  // NOLINT: of __cxa_demangle's
  };
  int status = 0;
  const std::unique_ptr<char, Free> plain{abi::__cxa_demangle(name, nullptr, nullptr, &status)};
  std::string text = status == 0 && plain ? plain.get() : name;
  for (const auto& [whole, brief] : kShortNames) {
    for (std::size_t at = text.find(whole); at != std::string::npos; at = text.find(whole, at)) {
      text.replace(at, whole.size(), brief);
    }
  }
  if (text.size() > kLongestName) {
    text.resize(kLongestName);
    text += "...";
  }
  return text;
}

int load_module(Dwfl_Module* module, void** /*data*/, const char* /*name*/, Dwarf_Addr /*start*/,
                void* library) {
  const auto& functions = *static_cast<const DwflLibrary*>(library);
  GElf_Addr bias = 0;
  if (functions.module_elf(module, &bias) == nullptr) return DWARF_CB_OK;
  functions.module_unwind_table(module, &bias);
  functions.module_debug_unwind_table(module, &bias);
  return DWARF_CB_OK;
}

}  // namespace

StackSymbols::StackSymbols(pid_t process)
    : library_(dwfl_library()),
      // Debug information of this machine alone: the library's usual way asks servers on the
      // network where a variable says so.
      callbacks_{.find_elf = library_.find_elf,
                 .find_debuginfo = library_.find_debuginfo,
                 .section_address = nullptr,
                 .debuginfo_path = nullptr},
      dwfl_(library_.begin(&callbacks_), library_.end) {
  if (!dwfl_) {
    throw Error{ErrorCode::kUnavailable, "cannot read stacks: there is no memory"};
  }
  const int error = library_.report_process(dwfl_.get(), process);
  if (error != 0) {
    throw Error{ErrorCode::kUnavailable,
                fmt::format("cannot read what process {} has loaded: {}", process,
                            error > 0 ? std::strerror(error) : library_.error_text(-1))};
  }
  library_.report_end(dwfl_.get(), nullptr, nullptr);
}

void StackSymbols::load_unwind_tables() const {
  // NOLINTNEXTLINE(cppcoreguidelines-pro-type-const-cast): C has one kind of pointer for data
  library_.modules(dwfl_.get(), &load_module, const_cast<DwflLibrary*>(&library_), 0);
}

StackFrame StackSymbols::find(std::uint64_t address, bool is_return_address) const {
  StackFrame frame{.address = address};
  const std::uint64_t inside = is_return_address && address > 0 ? address - 1 : address;
  Dwfl_Module* const module = library_.module_at(dwfl_.get(), inside);
  if (module == nullptr) return frame;
  const char* file = nullptr;
  const char* const name =
      library_.module_info(module, nullptr, nullptr, nullptr, nullptr, nullptr, &file, nullptr);
  if (file != nullptr || name != nullptr) frame.module = base_name(file != nullptr ? file : name);
  GElf_Addr bias = 0;
  if (library_.module_elf(module, &bias) != nullptr) frame.module_offset = address - bias;
  GElf_Off offset = 0;
  GElf_Sym symbol{};
  const char* const function =
      library_.symbol_at(module, inside, &offset, &symbol, nullptr, nullptr, nullptr);
  if (function != nullptr) {
    frame.function = demangle(function);
    frame.function_offset = offset + (address - inside);
  }
  if (Dwfl_Line* const line = library_.line_at(module, inside)) {
    int number = 0;
    const char* const source =
        library_.line_info(line, nullptr, &number, nullptr, nullptr, nullptr);
    if (source != nullptr) frame.source = fmt::format("{}:{}", base_name(source), number);
  }
  return frame;
}

}  // namespace stint
