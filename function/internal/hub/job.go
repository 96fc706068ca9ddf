package hub

import (
	"bytes"
	"fmt"

	"github.com/go-json-experiment/json"

	"github.com/rolewatch/rolewatch/function/internal/reach"
	"github.com/rolewatch/rolewatch/function/internal/reconcile"
	"github.com/rolewatch/rolewatch/function/internal/role"
)

// job is a work item of the hub's own.
type job struct {
	// Job is one of the words below.
	Job string `json:"hub"`
	// Account is the account that it is about.
	Account string `json:"account,omitempty"`
	// Changed says that the ties of the account are not as they were Before, and Changes are the records that led to that.
	Changed bool               `json:"changed,omitempty"`
	Before  reach.Ties         `json:"before,omitzero"`
	Changes []reconcile.Change `json:"changes,omitempty"`
}

// The jobs: what the tick does, a listing of the organization, the tags of its accounts, what is wrong with members, the findings of an account
// that is not watched any more, and what connects an account with others.
const (
	jobTick    = "tick"
	jobList    = "list"
	jobTags    = "tags"
	jobMembers = "members"
	jobGone    = "gone"
	jobTied    = "tied"
)

// jobPrefix is how every job starts. No record and no work item of a watch does.
var jobPrefix = []byte(`{"hub":`)

func isJob(body []byte) bool { return bytes.HasPrefix(bytes.TrimLeft(body, " \t\r\n"), jobPrefix) }

func (j job) body() []byte {
	body, err := json.Marshal(j, json.Deterministic(true))
	if err != nil {
		panic(fmt.Sprintf("write a work item: %v", err)) // It has nothing that JSON does not.
	}
	return body
}

func parseJob(body []byte) (job, error) {
	var j job
	if err := json.Unmarshal(body, &j); err != nil {
		return j, fmt.Errorf("parse work item: %w", err)
	}
	switch {
	case j.Job == jobTick, j.Job == jobList, j.Job == jobTags, j.Job == jobMembers, (j.Job == jobGone || j.Job == jobTied) && j.Account != "":
		return j, nil
	}
	return j, fmt.Errorf("parse work item: field hub: %q is not a complete job", j.Job)
}

// accountOfRole is the account of a role by its ARN.
func accountOfRole(arn string) (string, error) {
	ref, err := role.ParseRef(arn)
	return ref.Account, err
}
