package settings

import (
	"errors"
	"time"
)

// variableCanary is the variable of the function's environment that says how often it tags itself.
const variableCanary = "ROLEWATCH_CANARY"

// canaries are the values of the setting canary.
var canaries = map[string]time.Duration{"weekly": 7 * 24 * time.Hour, "never": 0}

func parseCanary(text string) (time.Duration, error) {
	every, ok := canaries[text]
	if !ok {
		return 0, errors.New(`it must be "weekly" or "never"`)
	}
	return every, nil
}

func (f *Function) readCanary(getenv func(string) string, wrong func(name, value string, err error)) {
	value := getenv(variableCanary)
	if value == "" {
		return
	}
	var err error
	if f.Canary, err = parseCanary(value); err != nil {
		wrong(variableCanary, value, err)
	}
}

// canaryVariable is the value that readCanary reads; empty for never.
func (f Function) canaryVariable() string {
	for value, every := range canaries {
		if every == f.Canary && every > 0 {
			return value
		}
	}
	return ""
}
