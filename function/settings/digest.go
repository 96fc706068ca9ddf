package settings

import (
	"errors"
	"fmt"
	"strings"
	"time"
)

// variableDigest is the variable of the function's environment that says when people receive the digest.
const variableDigest = "ROLEWATCH_DIGEST"

// Digest says when people receive what is of medium and low severity. The zero value is never: they receive it at once, as anything else.
type Digest struct {
	// Daily says that there is one message a day, at the first tick after At, the time since midnight in UTC.
	Daily bool
	At    time.Duration
}

const (
	digestNever = "never"
	digestDaily = "daily"
	// digestAt is when a digest is sent where no time is set.
	digestAt   = 8 * time.Hour
	digestTime = "15:04"
)

// parseDigest reads "never", "daily" or "daily at HH:MM".
func parseDigest(text string) (Digest, error) {
	switch text {
	case digestNever:
		return Digest{}, nil
	case digestDaily:
		return Digest{Daily: true, At: digestAt}, nil
	}
	wrong := errors.New(`it is not "never", "daily" or "daily at HH:MM", a time in UTC`)
	clock, ok := strings.CutPrefix(text, digestDaily+" at ")
	if !ok || len(clock) != len(digestTime) {
		return Digest{}, wrong
	}
	at, err := time.Parse(digestTime, clock)
	if err != nil {
		return Digest{}, wrong
	}
	return Digest{Daily: true, At: time.Duration(at.Hour())*time.Hour + time.Duration(at.Minute())*time.Minute}, nil
}

// String is what parseDigest reads.
func (d Digest) String() string {
	if !d.Daily {
		return digestNever
	}
	return fmt.Sprintf("%s at %02d:%02d", digestDaily, int(d.At.Hours()), int(d.At.Minutes())%60)
}

func (f *Function) readDigest(getenv func(string) string, wrong func(name, value string, err error)) {
	value := getenv(variableDigest)
	if value == "" {
		return
	}
	var err error
	if f.Digest, err = parseDigest(value); err != nil {
		wrong(variableDigest, value, err)
	}
}
