package message

import (
	"testing"
	"time"
)

// TestThreadOfAnInput holds that the thread of an input is that of the message that Build makes of it, also where that has to be cut to size.
func TestThreadOfAnInput(t *testing.T) {
	large, small := crowd(60, 1, 1000, "x"), crowd(2, 1, 10, "x")
	one := crowd(60, 1, 1000, "x")
	for i := range one.Opened {
		one.Opened[i].Role = one.Opened[0].Role
		one.Opened[i].FirstSeen = one.Opened[i].FirstSeen.Add(-time.Duration(i) * time.Minute)
	}
	cut := 0
	for name, in := range map[string]Input{"many roles": large, "two roles": small, "one role": one, "nothing": {ID: "m"}} {
		for _, given := range []string{"", "given"} {
			for _, oldest := range []bool{false, true} {
				for _, known := range []int{0, 1, len(in.Opened)} {
					in.ThreadID, in.OldestOpen, in.Threads = given, map[string]time.Time{}, map[string]string{}
					for i, f := range in.Opened {
						if oldest {
							in.OldestOpen[f.Role] = time.Date(2024, 5, 13, 0, 0, 0, 0, time.UTC)
						}
						if i < known {
							in.Threads[f.Role] = "one"
						}
					}
					built := Build(in)
					if len(built.Omitted) > 0 {
						cut++
					}
					if got, want := ThreadOf(in), built.Thread(); got != want {
						t.Errorf("%s, thread %q, oldest %v, %d known: %q, and the message's is %q", name, given, oldest, known, got, want)
					}
				}
			}
		}
	}
	if cut == 0 {
		t.Error("no message was cut to size")
	}
}
