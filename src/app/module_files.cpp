#include "app/module_files.hpp"
#include <cxxabi.h>
#include <dlfcn.h>
#include <sys/stat.h>
#include <algorithm>
#include <cstdlib>
#include <exception>
#include <iterator>
#include <memory>
#include <string_view>
#include <utility>
#include <fmt/format.h>
#include "app/module_notes.hpp"
#include "base/mutex.hpp"
#include "base/test_point.hpp"
#include "base/utf8.hpp"
#include "stint/detail/module_note.hpp"
#include "stint/error.hpp"

namespace stint {
namespace {

struct Loaded {
  std::string path;
  UniqueFd descriptor;
  dev_t device = 0;
  ino_t inode = 0;
  std::vector<ModuleDefinition> modules = {};
};

struct AllLoaded {
  Mutex mutex;
  std::vector<Loaded> files STINT_GUARDED_BY(mutex);
};

/// Never destroyed: threads may still run a module's code while the process ends.
AllLoaded& all_loaded() {
  static AllLoaded& all = *new AllLoaded;  // NOLINT(cppcoreguidelines-owning-memory): see above
  return all;
}

[[noreturn]] void refuse(const std::string& path, const std::string& why) {
  throw Error{ErrorCode::kConfiguration, fmt::format("module file {} {}", path, why)};
}

std::string demangled(const std::string& symbol) {
  int status = 0;
  const std::unique_ptr<char, decltype(&std::free)> name{
      abi::__cxa_demangle(symbol.c_str(), nullptr, nullptr, &status), &std::free};
  return status == 0 && name ? name.get() : symbol;
}

/// Make a sentence of what the dynamic loader says. It knows the file as `name`.
std::string load_failure(std::string_view message, std::string_view name) {
  if (message.starts_with(name)) {
    message.remove_prefix(name.size());
    while (message.starts_with(':') || message.starts_with(' ')) message.remove_prefix(1);
  }
  constexpr std::string_view kUndefined = "undefined symbol: ";
  if (message.starts_with(kUndefined)) {
    message.remove_prefix(kUndefined.size());
    const std::string symbol{message.substr(0, message.find_first_of(" ,\t"))};
    const std::string plain = demangled(symbol);
    const bool is_ours =
        plain.find("stint::") != std::string::npos || plain.find("nlohmann::") != std::string::npos;
    return fmt::format(
        "needs {}, which {}", plain,
        is_ours ? "this program does not give to modules: build the program with "
                  "stint_enable_modules(TARGET) of Stint's CMake package"
                : "neither this program nor a library of the module has: link the module with the "
                  "library that has it");
  }
  if (message.find("cannot open shared object file") != std::string_view::npos) {
    return fmt::format(
        "cannot be loaded: {}; a module's own libraries are looked for in the system's folders, in "
        "LD_LIBRARY_PATH, and where an absolute -rpath leads ($ORIGIN does not)",
        message);
  }
  return fmt::format("cannot be loaded: {}", message);
}

/// Load the file by its descriptor: it is the one that was checked, whatever the path is by now.
void* load(const std::string& path, int descriptor) {
  const std::string name = fmt::format("/proc/self/fd/{}", descriptor);
  void* handle = nullptr;
  // The C library declares that it never throws, and what an initialiser throws would end the
  // program at the call. By a pointer of another type, which is volatile so that no compiler sees
  // through it, an exception passes.
  using Open = void* (*)(const char*, int);
  const volatile Open open = &::dlopen;
  try {
    handle = open(name.c_str(), RTLD_NOW | RTLD_LOCAL);
  } catch (const std::exception& error) {
    refuse(path, fmt::format("threw as it was loaded, out of a static initialiser: {}",
                             sanitize_text(error.what())));
  } catch (...) {
    refuse(path, "threw as it was loaded, out of a static initialiser");
  }
  if (handle == nullptr) {
    const char* const why = ::dlerror();
    refuse(path, sanitize_text(load_failure(why != nullptr ? why : "no cause is known", name)));
  }
  return handle;
}

std::vector<ModuleDefinition> modules_of(const std::string& path, void* handle,
                                         const std::vector<std::string>& noted) {
  const auto list = reinterpret_cast<detail::ListModules>(  // NOLINT: of a symbol
      ::dlsym(handle, "stint_module_list"));
  if (list == nullptr) {
    refuse(path,
           "hides the list of its modules: its version script, or --exclude-libs, must leave "
           "stint_module_list visible");
  }
  std::vector<ModuleDefinition> modules;
  const detail::ListedModule* end = nullptr;
  for (const detail::ListedModule* one = list(&end); one != end; ++one) {
    modules.push_back(one->definition);
  }
  const bool fits = modules.size() == noted.size() &&
                    std::ranges::all_of(modules, [&](const ModuleDefinition& module) {
                      return std::ranges::find(noted, module.name()) != noted.end();
                    });
  if (!fits) refuse(path, "is damaged: its notes and the list of its modules differ");
  return modules;
}

}  // namespace

std::vector<ModuleDefinition> load_module_file(ModuleFile file) {
  struct stat found{};
  if (::fstat(file.descriptor.get(), &found) != 0) refuse(file.path, "cannot be looked at");
  AllLoaded& all = all_loaded();
  const MutexLock lock{all.mutex};
  for (const Loaded& other : all.files) {
    if (other.device == found.st_dev && other.inode == found.st_ino) return other.modules;
  }
  if (all.files.size() >= kMostModuleFiles) {
    refuse(file.path, fmt::format("is one too many: a program loads {} at most", kMostModuleFiles));
  }
  std::vector<std::string> noted;
  try {
    noted = read_module_notes(file.descriptor.get());
  } catch (const Error& error) {
    refuse(file.path, error.what());
  }
  STINT_TEST_POINT("modules.before_load");
  // The dynamic linker knows a file by the name that it was loaded by, which holds the descriptor's
  // number, also when its initialisers have thrown: the number must never be another file's. So the
  // descriptor stays open whatever comes.
  const int descriptor = file.descriptor.release();
  std::vector<ModuleDefinition> modules = modules_of(file.path, load(file.path, descriptor), noted);
  all.files.push_back({.path = std::move(file.path),
                       .descriptor = UniqueFd{descriptor},
                       .device = found.st_dev,
                       .inode = found.st_ino,
                       .modules = modules});
  return modules;
}

std::vector<LoadedModuleFile> loaded_module_files() {
  AllLoaded& all = all_loaded();
  const MutexLock lock{all.mutex};
  std::vector<LoadedModuleFile> files;
  std::ranges::transform(all.files, std::back_inserter(files), [](const Loaded& file) {
    return LoadedModuleFile{.path = file.path, .descriptor = file.descriptor.get()};
  });
  return files;
}

std::vector<ModuleDefinition> adopt_module_files(std::span<const std::string> paths,
                                                 std::vector<UniqueFd> descriptors) {
  if (paths.size() != descriptors.size()) {
    throw Error{ErrorCode::kInternal, "the worker did not hand over all module files"};
  }
  std::vector<ModuleDefinition> modules;
  for (std::size_t at = 0; at < paths.size(); ++at) {
    check_module_descriptor(descriptors[at].get(), paths[at]);
    std::ranges::copy(
        load_module_file({.path = paths[at], .descriptor = std::move(descriptors[at])}),
        std::back_inserter(modules));
  }
  return modules;
}

}  // namespace stint
