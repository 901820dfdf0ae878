import Testing

@testable import Gateway

@Suite struct DirectoryAlarmTests {
    @Test func complainsOnceAMinute() {
        let alarm = DirectoryAlarm(), now = ContinuousClock.now
        #expect(alarm.mayComplain(at: now) && !alarm.mayComplain(at: now + .seconds(59)))
        #expect(alarm.mayComplain(at: now + .seconds(60)) && !alarm.mayComplain(at: now + .seconds(61)))
    }

    /// T16: while the directory is away, running work waits for it once a minute at most, person by person.
    @Test func t16AsksOnceAMinuteWhileThereIsNoAnswer() {
        let alarm = DirectoryAlarm(), now = ContinuousClock.now
        #expect(alarm.isWorthAsking("a", at: now))
        alarm.heard("a", isClear: false, at: now)
        #expect(!alarm.isWorthAsking("a", at: now + .seconds(59)) && alarm.isWorthAsking("b", at: now))
        #expect(alarm.isWorthAsking("a", at: now + .seconds(60)))
        alarm.heard("a", isClear: true, at: now + .seconds(60))
        #expect(alarm.isWorthAsking("a", at: now + .seconds(61)))
        for index in 0..<20_000 { alarm.heard("\(index)", isClear: false, at: now) }
        #expect(!alarm.isWorthAsking("19999", at: now))
    }
}
