#include "cli/trace.hpp"
#include <utility>
#include <fmt/format.h>
#include "cli/context.hpp"
#include "core/trace_context.hpp"

namespace stint::cli {

json with_trace(Context& context, json metadata) {
  bool is_unfit = false;
  metadata = trace_from_environment(std::move(metadata), is_unfit);
  if (is_unfit) {
    context.note(fmt::format("{}: warning: {} is left aside: its form is not {}", context.program(),
                             kTraceparentVariable, kTraceparentForm));
  }
  return metadata;
}

}  // namespace stint::cli
