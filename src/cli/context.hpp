/// What every command works with.
#pragma once
#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <vector>
#include "cli/options.hpp"
#include "cli/output.hpp"
#include "cli/terminal.hpp"
#include "core/job_records.hpp"
#include "stint/module_definition.hpp"
#include "stint/settings.hpp"

namespace stint {
class Environment;
class Registry;
class Store;
class StoreSchema;
}  // namespace stint

namespace stint::cli {

/// The options that every command takes.
struct GlobalOptions {
  std::string settings_file = {};
  std::string store = {};
  std::string log_level = {};
  std::vector<std::string> modules = {};
  bool json = false;
  bool no_color = false;
  bool help = false;
};

/// Declare them, bound to `to`.
void declare_global_options(OptionTable& options, GlobalOptions& to);
/// Read them out of a line whose other options are not known yet.
void read_global_options(std::span<const std::string> words, GlobalOptions& to);

/// Hold the settings, the tasks and the store of one run of the program; each is made when a
/// command first asks for it. Not thread-safe, but what it returns is.
class Context {
 public:
  /// `program` is the name for messages.
  Context(std::string program, std::span<const ModuleDefinition> modules);
  ~Context();
  Context(const Context&) = delete;
  Context& operator=(const Context&) = delete;

  const std::string& program() const { return program_; }
  GlobalOptions& global() { return global_; }
  bool json() const { return global_.json; }

  Output& output() { return output_; }
  /// Look at the terminal; once the options are known.
  const Terminal& terminal();
  /// Look at it anew: its size may have changed. What `terminal` returned before is gone.
  void look_at_terminal_again() { terminal_.reset(); }
  /// Say something that is no result, on standard error.
  void note(std::string_view text);

  /// Load the module files that the line and the settings name, and no others, before anything else
  /// is asked for.
  /// Settings that cannot be read say so to who needs them, not here. Throws ConfigurationError
  /// with the problems of all files.
  void load_modules(std::span<const std::string> words);
  /// The modules that lie in the folders of the settings, by name.
  std::vector<std::string> module_names();
  /// What the modules declare: for the choice of the command, before any setting is read. Throws
  /// ConfigurationError with every mistake of the declarations.
  const Registry& module_registry();
  /// All tasks: the modules' and those of the settings. Throws ConfigurationError.
  const Registry& registry();
  /// Read and check the settings, --store and --log-level in them, and set up logging. Throws
  /// ConfigurationError.
  const Settings& settings();
  /// Settings, tasks and store together. Throws ConfigurationError.
  const std::shared_ptr<Environment>& environment();
  /// Open the store. Throws Error; also for one in memory, which holds nothing when a command
  /// begins and nothing that lasts when it ends. A command that lives on it takes the
  /// environment's.
  Store& store();
  /// Reach the store's tables, whatever their version. Throws Error.
  std::unique_ptr<StoreSchema> schema();
  /// The store's URL without its secrets. Throws Error.
  std::string store_name();

  /// Find a job. Throws Error kNotFound.
  JobRecord find_job(JobId id);

 private:
  Settings load() const;
  void require_lasting_store();

  std::string program_;
  std::vector<ModuleDefinition> modules_;  // the program's own, then those of files
  std::size_t own_modules_;
  GlobalOptions global_;
  Output output_;
  std::unique_ptr<Terminal> terminal_;
  std::shared_ptr<const Registry> registry_;
  std::vector<std::pair<std::string, std::string>> overrides_;
  std::unique_ptr<Settings> settings_;
  std::shared_ptr<Environment> environment_;
};

/// Read a job's number. Throws Error kUsage.
JobId parse_job_id(std::string_view text);

}  // namespace stint::cli
