/// Name a module and the function that declares its tasks.
#pragma once
#include <string_view>

namespace stint {

class Module;

/// What STINT_MODULE defines: a value to pass to `stint::main`, a Worker or a Client. Trivially
/// copyable; lives in static memory and needs no static initialisation.
class ModuleDefinition {
 public:
  using Declare = void (*)(Module&);

  constexpr ModuleDefinition(std::string_view name, Declare function)
      : name_(name), declare_(function) {}

  constexpr std::string_view name() const { return name_; }
  void declare(Module& module) const { declare_(module); }

 private:
  std::string_view name_;
  Declare declare_;
};

}  // namespace stint

// clang's address sanitizer would put a red zone between what stands in one section.
#if defined(__clang__)
#define STINT_DETAIL_NO_PADDING clang::no_sanitize("address"),
#else
#define STINT_DETAIL_NO_PADDING
#endif

// NOLINTBEGIN(bugprone-macro-parentheses): the arguments are names to declare.

/// Declare, in a header, a module that some source file defines.
#define STINT_DECLARE_MODULE(module_name) extern const ::stint::ModuleDefinition module_name

/// Define a module and begin the body that declares its tasks:
/// `STINT_MODULE(images, m) { m.task(...); }`. The body runs once for each program, worker or
/// client that is given the module, or loads the shared object that it is in (docs/modules.md).
/// Needs `stint/module.hpp`.
#define STINT_MODULE(module_name, parameter)                                                       \
  static void stint_declare_##module_name(::stint::Module& parameter);                             \
  extern const ::stint::ModuleDefinition module_name;                                              \
  constinit const ::stint::ModuleDefinition module_name{#module_name,                              \
                                                        &stint_declare_##module_name};             \
  [[                                                                                               \
    gnu::used, gnu::retain, gnu::section(".note.stint"), STINT_DETAIL_NO_PADDING gnu::aligned(4)   \
  ]] static constexpr ::stint::detail::ModuleNote stint_note_##module_name =                       \
      ::stint::detail::make_module_note(#module_name, ::stint::detail::kModuleLayout);             \
  [[                                                                                               \
    gnu::used, gnu::retain, gnu::section("stint_modules"), STINT_DETAIL_NO_PADDING gnu::aligned(8) \
  ]] static constinit const ::stint::detail::ListedModule stint_listed_##module_name{              \
      {#module_name, &stint_declare_##module_name}, &::stint_module_list};                         \
  static void stint_declare_##module_name(::stint::Module& parameter)
// NOLINTEND(bugprone-macro-parentheses)
