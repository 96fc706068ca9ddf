package check

import (
	"time"

	"github.com/rolewatch/rolewatch/function/internal/role"
)

// Refusal is a call that Lambda rejected because of the role: the newest of those with the same subject, and how many there were.
type Refusal struct {
	// Function is the unqualified ARN, empty when the record does not contain it (a refused PassRole).
	Function string `json:"function,omitempty"`
	// EventID is the record's; Event the API's name.
	EventID   string    `json:"eventId"`
	Event     string    `json:"event"`
	Time      time.Time `json:"time"`
	ErrorCode string    `json:"errorCode"`
	Error     string    `json:"error"`
	Actor     string    `json:"actor,omitempty"`
	// Configures is what the call configures, "mapping" or "invocation"; empty for a version of the function. Of distinguishes
	// several of one function: the event source of a mapping, or the qualifier of an invocation's configuration.
	Configures string `json:"configures,omitempty"`
	Of         string `json:"of,omitempty"`
	// Asked is what the call asked for, completed by what the function was then; nil where that is not known.
	Asked *role.Asked `json:"asked,omitempty"`
	// Unnamed says that the record does not show which role the call names: it is taken to be the one that the function uses.
	Unnamed bool `json:"unnamed,omitzero"`
	// Count is how many calls were refused since First; 0 and the zero time where this is the only one.
	Count int       `json:"count,omitzero"`
	First time.Time `json:"first,omitzero"`
	// Tries counts the tries again: a call that follows the one before it closely is the same try, as deployment tools repeat
	// a refused call for minutes.
	Tries int `json:"tries,omitzero"`
}

// Subject is what a refused call was about: of two with the same subject the newer one counts. A call that does not name the
// function is about its caller.
func (r Refusal) Subject() string {
	if r.Function == "" {
		return "\x00" + r.Actor
	}
	return r.Function + "\x00" + r.Configures + "\x00" + r.Of
}

// Refused is how many calls were refused, and since when.
func (r Refusal) Refused() (int, time.Time) {
	if r.Count < 2 {
		return 1, r.Time
	}
	return r.Count, r.First
}
