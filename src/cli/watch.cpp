#include "cli/watch.hpp"
#include <poll.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include <algorithm>
#include <csignal>
#include <vector>
#include <fmt/format.h>
#include "base/clock.hpp"
#include "base/duration.hpp"
#include "base/mutex.hpp"
#include "base/time_format.hpp"
#include "cli/context.hpp"
#include "cli/read_value.hpp"
#include "cli/signals.hpp"
#include "stint/error.hpp"

namespace stint::cli {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kInterval{2000};
constexpr milliseconds kShortest{100};
constexpr milliseconds kLongest = std::chrono::hours{24};
// The title, and an empty line.
constexpr std::size_t kHeadRows = 2;

std::size_t terminal_rows() {
  constexpr std::size_t kUsual = 24;
  winsize size{};
  const bool is_known = ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_row > 0;
  return is_known ? size.ws_row : kUsual;
}

bool is_reader_gone() {
  pollfd output{.fd = STDOUT_FILENO, .events = 0, .revents = 0};
  return ::poll(&output, 1, 0) == 1 && (output.revents & (POLLERR | POLLNVAL)) != 0;
}

/// Wait between two looks, or until a signal has come.
class Pause final {
 public:
  Pause() : signals_([this](int, int) { interrupt(); }) {}

  /// False: a signal came.
  bool wait(std::chrono::nanoseconds duration) {
    const std::chrono::nanoseconds end = real_clock().boot_now() + duration;
    MutexLock lock{mutex_};
    while (!is_interrupted_) {
      const std::chrono::nanoseconds left = end - real_clock().boot_now();
      if (left.count() <= 0) return true;
      changed_.wait_for(lock, left);
    }
    return false;
  }
  int exit_code() const { return signals_.first_signal() == SIGTERM ? 128 + SIGTERM : 0; }

 private:
  void interrupt() {
    const MutexLock lock{mutex_};
    is_interrupted_ = true;
    changed_.notify_all();
  }

  Mutex mutex_;
  CondVar changed_;
  bool is_interrupted_ STINT_GUARDED_BY(mutex_) = false;
  SignalWatcher signals_;  // last: its thread uses what is above
};

/// The terminal's other screen while the object lives: no cursor, and lines are cut, not wrapped.
class OtherScreen final {
 public:
  explicit OtherScreen(Output& output) : output_(output) {
    output_.write("\x1b[?1049h\x1b[?25l\x1b[?7l\x1b[2J");
  }
  ~OtherScreen() {
    try {
      output_.write("\x1b[?7h\x1b[?25h\x1b[?1049l");
      output_.flush();
    } catch (const std::exception&) {  // NOLINT(bugprone-empty-catch): the terminal is gone
    }
  }
  OtherScreen(const OtherScreen&) = delete;
  OtherScreen& operator=(const OtherScreen&) = delete;

 private:
  Output& output_;
};

/// Print a block whenever something has changed.
class Blocks final {
 public:
  explicit Blocks(Context& context) : context_(context) {}

  void show(const std::string& text, const std::string& content) {
    if (is_reader_gone()) throw ClosedPipe{};
    if (last_ && *last_ == content) return;
    if (last_ && !context_.json()) context_.output().line("");
    last_ = content;
    context_.output().write(text);
    context_.output().flush();
  }

 private:
  Context& context_;
  std::optional<std::string> last_;
};

std::vector<std::string_view> lines_of(std::string_view text) {
  std::vector<std::string_view> lines;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    lines.push_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return lines;
}

}  // namespace

std::string screen_picture(std::string_view title, std::string_view text, std::size_t rows) {
  constexpr std::string_view kEndOfLine = "\x1b[K\r\n";
  std::string picture = fmt::format("\x1b[H{}{}{}", title, kEndOfLine, kEndOfLine);
  const std::vector<std::string_view> lines = lines_of(text);
  const std::size_t room = rows > kHeadRows ? rows - kHeadRows : 1;
  const bool fits = lines.size() <= room;
  const std::size_t shown = fits ? lines.size() : room - 1;
  for (std::size_t i = 0; i < shown; ++i) {
    picture += lines[i];
    // A line's end in the last row would scroll.
    if (i + 1 < shown || !fits) picture += kEndOfLine;
  }
  if (!fits) picture += fmt::format("… {} lines more", lines.size() - shown);
  return picture + "\x1b[K\x1b[J";
}

void Watch::declare(OptionTable& options) {
  options.add({.names = {"--watch"},
               .value = "SECONDS",
               .help = "look again every so many seconds, 0.1 to a day, until you stop it "
                       "(Ctrl-C): redrawn on a terminal, elsewhere printed when something changed",
               .default_text = "2",
               .is_value_optional = true,
               .set = [this](std::string_view text) {
                 interval_ = text.empty() ? kInterval : read_duration(text);
                 if (*interval_ < kShortest || *interval_ > kLongest) {
                   throw Error{ErrorCode::kUsage,
                               fmt::format("\"{}\" is out of range: 0.1 to 86400 seconds", text)};
                 }
               }});
}

int Watch::run(Context& context, std::string_view title, const std::function<Look()>& look) {
  const bool redraws = context.terminal().output_is_terminal && !context.json();
  Pause pause;
  Blocks blocks{context};
  std::optional<OtherScreen> screen;
  std::optional<std::string> text;
  std::string trouble;
  bool is_last = false;
  while (!is_last) {
    try {
      context.look_at_terminal_again();
      Look seen;
      text = context.output().captured([&] { seen = look(); });
      is_last = seen.is_last;
      trouble.clear();
      if (!redraws) blocks.show(*text, seen.content.empty() ? *text : seen.content);
    } catch (const Error& error) {
      if (!text || !error.retryable()) throw;
      const bool is_new = trouble.empty();
      trouble = error.what();
      if (is_new && !redraws) context.note(fmt::format("{}; trying again", trouble));
    }
    if (redraws) {
      if (!screen) screen.emplace(context.output());
      const std::string head =
          fmt::format("every {}: {}  {}{}", format_duration(*interval_), title,
                      format_time(real_clock().system_now(), TimeDigits::kMilliseconds),
                      trouble.empty() ? "" : "  " + printable(trouble));
      context.output().write(screen_picture(head, *text, terminal_rows()));
      context.output().flush();
    }
    if (is_last || !pause.wait(*interval_)) break;
  }
  if (redraws) {
    screen.reset();
    context.output().write(*text);  // the last picture stays
  }
  return pause.exit_code();
}

}  // namespace stint::cli
