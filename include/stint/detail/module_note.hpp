/// What STINT_MODULE puts into a file beside the module itself: a note that says what the module
/// was built for, read before any code of the file runs, and the list of the file's modules.
#pragma once
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <fmt/core.h>
#include "stint/json.hpp"
#include "stint/module_definition.hpp"
#include "stint/version.hpp"

namespace stint::detail {

/// The number of the binary interface between a program and a module file. It is raised with every
/// change of a public header that a module built before does not survive and that its layout (see
/// `layout_of`) does not show: virtual functions, the meaning of a field, a function's parameters.
inline constexpr std::uint32_t kModuleAbi = 1;

/// What a module file and the program that loads it must have in common.
struct ModuleAbi {
  std::uint32_t stint = kModuleAbi;
  std::uint32_t compiler = __GXX_ABI_VERSION;  ///< 1017 of g++ 12, 1002 of clang: one ABI, 1xxx
  std::uint32_t standard_library = 0;          ///< see `standard_library_abi`
  std::uint32_t json = 0;                      ///< 31102 of nlohmann-json 3.11.2
  std::uint32_t fmt = FMT_VERSION;             ///< 90100 of fmt 9.1.0
  std::uint32_t layout = 0;                    ///< see `layout_of`
};

/// 1: libstdc++ with the strings of C++11; 2: with those before; 3: libc++. Debug containers, whose
/// size is another, add 16.
consteval std::uint32_t standard_library_abi() {
  std::uint32_t abi = 3;
#if defined(__GLIBCXX__)
  abi = _GLIBCXX_USE_CXX11_ABI ? 1 : 2;
#endif
#if defined(_GLIBCXX_DEBUG)
  abi += 16;
#endif
  return abi;
}

/// Make one number of the sizes of types: a field more in one of them changes it.
template <typename... Types>
consteval std::uint32_t layout_of() {
  std::uint32_t hash = 2166136261U;  // FNV-1a
  for (const std::size_t size : {sizeof(Types)...}) {
    hash = (hash ^ static_cast<std::uint32_t>(size)) * 16777619U;
  }
  return hash;
}

/// One module as the file describes it. Texts end with a NUL.
struct ModuleDescription {
  ModuleAbi abi = {};
  char version[24] = {};  ///< Stint's, "1.2.3"
  char module[104] = {};
};

/// An ELF note of the owner "Stint".
struct ModuleNote {
  std::uint32_t owner_size = 6;
  std::uint32_t description_size = sizeof(ModuleDescription);
  std::uint32_t type = 1;
  char owner[8] = "Stint";
  ModuleDescription description = {};
};
static_assert(sizeof(ModuleNote) % 4 == 0 && alignof(ModuleNote) == 4);

template <std::size_t Size>
consteval void copy_text(std::string_view from, char (&to)[Size]) {
  if (from.size() >= Size) throw "the name of a module has 103 characters at most";
  for (std::size_t at = 0; at < from.size(); ++at) to[at] = from[at];
}

consteval ModuleNote make_module_note(std::string_view module, std::uint32_t layout) {
  ModuleNote note;
  ModuleDescription& to = note.description;
  to.abi.standard_library = standard_library_abi();
  to.abi.json = NLOHMANN_JSON_VERSION_MAJOR * 10000 + NLOHMANN_JSON_VERSION_MINOR * 100 +
                NLOHMANN_JSON_VERSION_PATCH;
  to.abi.layout = layout;
  copy_text(STINT_VERSION, to.version);
  copy_text(module, to.module);
  return note;
}

struct ListedModule;
using ListModules = const ListedModule* (*)(const ListedModule** end);

/// A place in the list of a file's modules.
struct ListedModule {
  ModuleDefinition definition;
  ListModules list;  ///< names the function, so that it is in the file
};

}  // namespace stint::detail

// NOLINTBEGIN(bugprone-reserved-identifier,readability-identifier-naming): the linker's names for
// the ends of a section.
extern "C" {
[[gnu::weak,
  gnu::visibility("hidden")]] extern const stint::detail::ListedModule __start_stint_modules[];
[[gnu::weak,
  gnu::visibility("hidden")]] extern const stint::detail::ListedModule __stop_stint_modules[];

/// The modules of the file that this copy of the function is in.
[[gnu::visibility("default")]] inline const stint::detail::ListedModule* stint_module_list(
    const stint::detail::ListedModule** end) {
  *end = __stop_stint_modules;
  return __start_stint_modules;
}
}
// NOLINTEND(bugprone-reserved-identifier,readability-identifier-naming)
