package check

import "fmt"

// Severity orders findings. The zero value is no severity.
type Severity int

// The severities, the mildest first.
const (
	Low Severity = iota + 1
	Medium
	High
	Critical
)

var severityNames = [...]string{Low: "low", Medium: "medium", High: "high", Critical: "critical"}

func (s Severity) String() string {
	if s < Low || s > Critical {
		return ""
	}
	return severityNames[s]
}

// AnySeverity are all severities: those of a check whose findings can have any.
func AnySeverity() []Severity { return []Severity{Low, Medium, High, Critical} }

// Milder are the severities of a check whose findings have its own, or medium where less is certain or less is lost.
func Milder(own Severity) []Severity {
	if own <= Medium {
		return []Severity{own}
	}
	return []Severity{Medium, own}
}

// MarshalText writes the name.
func (s Severity) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// UnmarshalText reads a name, and refuses what is none.
func (s *Severity) UnmarshalText(text []byte) error {
	v, err := ParseSeverity(string(text))
	*s = v
	return err
}

// ParseSeverity reads "low", "medium", "high" or "critical".
func ParseSeverity(text string) (Severity, error) {
	for i, name := range severityNames {
		if name != "" && name == text {
			return Severity(i), nil
		}
	}
	return 0, fmt.Errorf("parse severity %q: want low, medium, high or critical", text)
}
