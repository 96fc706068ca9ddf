package main

import (
	"strings"

	"github.com/rolewatch/rolewatch/function/internal/check"
	"github.com/rolewatch/rolewatch/function/internal/message"
	"github.com/rolewatch/rolewatch/function/internal/reconcile"
	"github.com/rolewatch/rolewatch/function/internal/watch"
	"github.com/rolewatch/rolewatch/function/settings"
)

// places are those that routes lead to, in words, by name.
func (r ruling) places() map[string]string {
	out := map[string]string{}
	for _, p := range r.routed.Places() {
		out[p.Name] = p.String()
	}
	return out
}

// route has a watch route findings as the settings say. What goes to a place is JSON with texts in every case: a replay shows it, and
// sends it nowhere.
func (r ruling) route(c *watch.Config) {
	keys, account := r.routed.Owning()
	c.Routing, c.Owning, c.AccountName = r.routed.Router(settings.Known()), reconcile.Owning{Keys: keys, Account: account}, r.routed.Account.Name
	c.Places = map[string]*message.Channel{}
	for _, p := range r.routed.Places() {
		c.Places[p.Name] = nil
	}
}

// route prints what would have gone to a place that routes lead to. The JSON of a message names the routes of each finding.
func (r *replaying) route(out message.Outgoing) error {
	severity, err := check.ParseSeverity(strings.Join(out.Rendered.Attributes["severity"], ""))
	if r.format == formatJSON || err == nil && severity < r.severity {
		return nil
	}
	r.bar.clear()
	return r.write(message.Line("to "+r.routed[out.Topic]+": "+strings.TrimPrefix(out.Rendered.Subject, "[rolewatch] ")) + "\n\n")
}

// toDefault is the line before a message that the default receives; empty where there are no routes.
func (r *replaying) toDefault() string {
	if len(r.routed) == 0 {
		return ""
	}
	return message.Line("to the default ("+r.standard+"):") + "\n"
}
