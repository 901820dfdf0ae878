import Synchronization
import TestSupport
import Testing

@testable import ServiceRuntime

@Suite struct AsyncSlotsTests {
    @Test func noMoreThanItsCountAtATime() async {
        let slots = AsyncSlots(3), counter = Counter()
        await withDiscardingTaskGroup { group in
            for _ in 0..<200 {
                group.addTask {
                    guard await slots.take() else { return }
                    counter.enter()
                    await Task.yield()
                    counter.leave()
                    slots.give()
                }
            }
        }
        #expect(counter.state.withLock(\.done) == 200)
        #expect((1...3).contains(counter.state.withLock(\.most)))
    }

    private final class Counter: Sendable {
        let state = Mutex((now: 0, most: 0, done: 0))

        func enter() {
            state.withLock {
                $0.now += 1
                $0.most = max($0.most, $0.now)
            }
        }

        func leave() {
            state.withLock {
                $0.now -= 1
                $0.done += 1
            }
        }
    }

    @Test func whoIsCancelledLeavesTheQueueAndLosesNoSlot() async {
        for _ in 0..<100 {
            let slots = AsyncSlots(1)
            #expect(await slots.take())
            let waiters = (0..<4).map { _ in Task { await slots.take() } }
            waiters[1].cancel()
            waiters[3].cancel()
            #expect(await !waiters[1].value)
            slots.give()
            var taken = 0
            for index in [0, 2] where await waiters[index].value {
                taken += 1
                slots.give()
            }
            #expect(taken == 2)
            if await waiters[3].value { slots.give() }
            #expect(await slots.take(), "the slot is free again")
        }
    }
}
