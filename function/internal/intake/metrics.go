package intake

import (
	"io"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/go-json-experiment/json"

	"github.com/rolewatch/rolewatch/function/deploy"
)

// Metrics counts in memory and writes one line of JSON to the log for each series when it is flushed. A line in CloudWatch's
// embedded metric format becomes a metric of CloudWatch; any other line stays in the log, where CloudWatch Logs Insights reads
// it. What every batch has is in the log alone: CloudWatch charges for a metric by the hours in which it has data.
// https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
// It is safe for concurrent use.
type Metrics struct {
	Out io.Writer
	Now func() time.Time

	mu     sync.Mutex
	counts map[series]int
	told   []float64
}

// series is what is counted together: a name, and fields as "name=value" in order, "\x00" between. Dimensions are those of
// the fields that CloudWatch's metric has, as names in order, "\x00" between; logged says that it has no metric.
type series struct {
	name, fields, dimensions string
	logged                   bool
}

func (m *Metrics) count(s series, fields ...string) {
	s.fields = strings.Join(fields, "\x00")
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.counts == nil {
		m.counts = map[series]int{}
	}
	m.counts[s]++
}

// Event counts a record by its event's name and what became of it.
func (m *Metrics) Event(name, outcome string) {
	m.count(series{name: "Events", logged: true}, "Event="+name, "Outcome="+outcome)
}

// Reconciled counts one reconcile of a role by the word of its outcome.
func (m *Metrics) Reconciled(outcome string) {
	m.count(series{name: "Looks", logged: true}, "Decision="+outcome)
}

// Finding counts a transition. The check is in the log alone: with every check as a dimension, there would be hundreds of metrics.
func (m *Metrics) Finding(check, severity, transition string) {
	m.count(series{name: deploy.MetricFindings, dimensions: deploy.DimensionSeverity + "\x00" + deploy.DimensionTransition},
		"Check="+check, deploy.DimensionSeverity+"="+severity, deploy.DimensionTransition+"="+transition)
}

// SweepCompleted counts a sweep that completed: an alarm goes off when there is none for 30 hours.
func (m *Metrics) SweepCompleted() { m.count(series{name: deploy.MetricSweepCompleted}) }

// Requeued counts an item that could not be handled for a minute or longer and was put back into the queue.
func (m *Metrics) Requeued() { m.count(series{name: deploy.MetricRequeued}) }

// Told measures the time from a change's eventTime to publishing.
func (m *Metrics) Told(latency time.Duration) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.told = append(m.told, latency.Seconds())
}

// Flush writes what was counted since the last flush.
func (m *Metrics) Flush() {
	m.mu.Lock()
	defer m.mu.Unlock()
	keys := make([]series, 0, len(m.counts))
	for k := range m.counts {
		keys = append(keys, k)
	}
	slices.SortFunc(keys, func(a, b series) int {
		return strings.Compare(a.name+a.fields, b.name+b.fields)
	})
	for _, k := range keys {
		m.write(k, "Count", m.counts[k])
	}
	if len(m.told) > 0 {
		m.write(series{name: deploy.MetricTimeToReport}, "Seconds", m.told)
	}
	m.counts, m.told = nil, nil
}

func (m *Metrics) write(s series, unit string, value any) {
	line := map[string]any{s.name: value}
	for _, field := range list(s.fields) {
		name, v, _ := strings.Cut(field, "=")
		line[name] = v
	}
	if !s.logged {
		line["_aws"] = map[string]any{
			"Timestamp": m.Now().UnixMilli(),
			"CloudWatchMetrics": []any{map[string]any{
				"Namespace": deploy.MetricsNamespace, "Dimensions": [][]string{list(s.dimensions)},
				"Metrics": []any{map[string]string{"Name": s.name, "Unit": unit}},
			}},
		}
	}
	text, err := json.Marshal(line, json.Deterministic(true))
	if err != nil {
		return
	}
	// A line that cannot be written is a lost count, nothing that a reconcile should fail for.
	_, _ = m.Out.Write(append(text, '\n'))
}

// list takes a text apart that has "\x00" between its parts; an empty text has none.
func list(text string) []string {
	if text == "" {
		return []string{}
	}
	return strings.Split(text, "\x00")
}
