/// The pause between two jobs of a latency figure.
#pragma once

namespace stint::bench {

/// Let 15 to 45 ms pass, differently each time: whoever waits for the next job has gone to sleep by
/// then, and is not met at the same point of its own rhythm again and again.
void pause_until_idle();

}  // namespace stint::bench
