package main

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/rolewatch/rolewatch/function/deploy"
	"github.com/rolewatch/rolewatch/function/internal/episode"
	"github.com/rolewatch/rolewatch/function/internal/hub"
	"github.com/rolewatch/rolewatch/function/internal/selfcheck"
)

// members says of each member of a hub when its last record arrived, when it was swept last, which version its stack has, and what is wrong; it
// gives nothing where the deployment is not a hub.
func (d *deployment) members(ctx context.Context) []selfcheck.Result {
	if d.store == nil || !d.hub {
		return nil
	}
	statuses, directory, err := hub.Statuses(ctx, d.store, d.account, d.now())
	if err != nil {
		return []selfcheck.Result{{Scope: "self:members", Status: selfcheck.Unknown, What: "The members of the organization", Why: unreadTable(err)}}
	}
	out := make([]selfcheck.Result, 0, len(statuses))
	for _, s := range statuses {
		out = append(out, memberResult(s))
	}
	if n := len(directory.Accounts); n > 0 {
		out = append(out, selfcheck.Result{
			Scope: "self:members", Status: selfcheck.OK,
			What: fmt.Sprintf("%d of %d accounts of the organization %s are watched, as of %s", len(directory.Watched), n, directory.ID, timeOf(directory.Listed)),
		})
	}
	return out
}

func memberResult(s hub.Status) selfcheck.Result {
	version := "unknown"
	if s.Version > 0 {
		version = strconv.Itoa(s.Version)
	}
	r := selfcheck.Result{
		Scope: "self:member:" + s.ID, Status: selfcheck.OK,
		What: fmt.Sprintf("Account %s: last record %s, last heartbeat %s, last sweep %s, version of its stack %s", s.String(), timeOf(s.Record), timeOf(s.Heartbeat), timeOf(s.Sweep), version),
	}
	if len(s.Trouble) > 0 {
		r.Status = selfcheck.Wrong
		r.Trouble = episode.Trouble{Key: "account:" + s.ID, Text: strings.Join(s.Trouble, "; ") + "."}
		r.Fix = "look at the stack " + deploy.MemberStack + " in account " + s.ID
	}
	return r
}

// timeOf is a time to the minute, or "never".
func timeOf(at time.Time) string {
	if at.IsZero() {
		return "never"
	}
	return at.UTC().Format("2006-01-02 15:04 UTC")
}
