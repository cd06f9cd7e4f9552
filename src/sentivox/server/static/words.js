// All that the page says, in English and Chinese. The visitor's browser picks the language, the
// button in the header switches it, and this browser remembers.

const KEY = "sentivox-language";

const en = {
  documentation: "Documentation", otherLanguage: "中文", otherTag: "zh-CN",
  welcome: "How does it sound?",
  welcomeMore: "Sentivox hears what is said and how it is said, and tells how the speaker feels, while they speak.",
  source: "What to listen to",
  microphone: "Use the microphone", sample: "Hear the sample call", recording: "Open a recording…", stop: "Stop",
  spoken: "Spoken language", english: "English", chinese: "Chinese", detect: "find out",
  textOnly: "Text only: no tone of voice", fast: "Recordings as fast as possible",
  law: "Or drop a recording anywhere on this page. Sound goes to this server only, which keeps nothing unless its operator asked for it.",
  tokenNeeded: "This server needs a token", useToken: "Use it",
  tokenHint: "Whoever runs the server has one for you. It stays in this tab, and goes to this server only.",
  tryAgain: "Try again",
  chart: "Conversation", lastMinute: "Last minute", whole: "Whole",
  utterances: "Utterances", empty: "What is said appears here, with how it was said.", earlier: "Show earlier ones",
  now: "Now", summary: "So far", moments: "Moments", noMoments: "Turning points and alerts appear here.",
  export: "Export",
  consentTitle: "Open the microphone?",
  consentWhere: "What it hears goes to {host}, which says how the speech feels. It keeps nothing unless its operator asked for it. Everybody who can be heard should agree.",
  consentLaw: "Inferring emotion from voices is banned at work and in education in the EU (AI Act, Art. 5). Choose “text only” there: then only the words count.",
  consentYes: "Agree and open", cancel: "Cancel",
  // States
  connecting: "Connecting…", ready: "Ready · {profile} · {asr}", noRecogniser: "no speech recogniser",
  listening: "Listening", finishing: "Finishing…", done: "Done · {profile} · {asr}",
  waiting: "Connection lost · trying again in {seconds} s",
  serverWaits: "Server: {reason}", noServer: "The server does not answer; trying again…",
  sourceMicrophone: "Microphone", sourceSample: "Sample call",
  speaking: "speaking", silent: "silent", stopped: "not listening",
  // Judgements
  voice: "Voice", channelNumber: "Channel {number}",
  words: "Words", tone: "Tone", together: "Together",
  negative: "negative", neutral: "neutral", positive: "positive", unknown: "unknown",
  calm: "calm", happy: "happy", sad: "sad", angry: "angry", fearful: "fearful", disgust: "disgust", surprised: "surprised",
  provisional: "provisional", revised: "revised", latency: "From the end of speech to the result",
  noWords: "no words understood", wordsFollow: "words follow…", sure: "{share} % sure", disagree: "words and tone disagree",
  mood: "Mood", mean: "Mean", trend: "Trend / min", talk: "Talk", shares: "Talk, 1 : 2",
  worse: "{speaker} turns for the worse, {before} to {after}", better: "{speaker} turns for the better, {before} to {after}",
  alert: "{speaker}: mood is low, {mood}", interruption: "{by} interrupts {of}",
  most_negative: "Lowest", most_positive: "Highest",
  warning_audio_dropped: "The server is behind: some audio was left out", warning_not_resumed: "A new session: the server did not know the old one",
  warning_other_language: "Is this really “{language}”? It sounds like “{heard}”: choose another spoken language",
  warning_hardly_understood: "Hardly a word is understood: is the spoken language the right one?",
  toneOf: "tone, {speaker}", moodLine: "mood", turningPoint: "turning point",
  chartLabel: "Scores over time: {count} utterances, mood now {mood}. The same is in the lists of utterances and moments.",
  noCharts: "Charts need plotly on the server: pip install plotly",
  // Why something is missing
  asr_late: "words came late", asr_failed: "words failed", asr_rejected: "words unclear", no_words: "no words",
  tone_failed: "tone failed", text_failed: "words not judged",
  // Problems
  insecure: "The browser gives the microphone to secure pages only: open this page by https, or on the server itself as localhost.",
  refused: "The microphone is blocked for this page. Allow it beside the address above, then try again.",
  noDevice: "No microphone was found. Plug one in, then try again; or open a recording.",
  deviceBusy: "Another program holds the microphone. Close it, then try again.",
  unplugged: "The microphone was unplugged. Plug it in, then start again; what was said is kept below.",
  microphoneProblem: "The microphone cannot be used ({detail}). Check it in the system's settings, then try again.",
  notAudio: "This file is no audio that the browser can read. Try WAV, FLAC, MP3, M4A or Ogg; or sentivox analyze, which reads more.",
  full: "This server has no room for another stream now. Wait a moment, then try again.",
  tooMany: "You have as many streams open as this server allows. Close another tab of this page, then try again.",
  notReady: "The server is still loading its models. Wait a moment, then try again.",
  wrongToken: "This token is not known here. Check it with whoever runs the server, then enter it again.",
  origin: "This server does not let this page connect. Its operator can start it with --allow-origin.",
  unreachable: "The server cannot be reached. Check the network and that it runs, then try again; what was said is kept below.",
  behind: "The connection was away for too long. Start again; what was said is kept below.",
  closed: "The server ended the stream: {detail}. Start again; what was said is kept below.",
  unknownProblem: "Something went wrong here ({detail}). Load the page again.",
  paused: "While this tab was in the background the browser held the microphone back: {seconds} s are missing. Keep the tab in front, and a phone's screen on.",
};

const zh = {
  documentation: "文档", otherLanguage: "English", otherTag: "en",
  welcome: "听起来心情如何？",
  welcomeMore: "Sentivox 边听边判断：既听说了什么，也听怎么说的，实时给出说话人的情绪倾向。",
  source: "声音来源",
  microphone: "使用麦克风", sample: "试听示例通话", recording: "打开录音…", stop: "停止",
  spoken: "语种", english: "英语", chinese: "中文", detect: "自动识别",
  textOnly: "仅文字：不分析语气", fast: "录音尽快处理",
  law: "也可以把录音拖到页面任意位置。声音只发送到这台服务器；除非运营者另有设置，服务器不会保存任何内容。",
  tokenNeeded: "这台服务器需要令牌", useToken: "使用",
  tokenHint: "请向服务器的运营者索取。令牌只保存在本标签页，也只发送给这台服务器。",
  tryAgain: "重试",
  chart: "对话走势", lastMinute: "最近一分钟", whole: "全部",
  utterances: "逐句结果", empty: "说出的每句话及其情绪会显示在这里。", earlier: "显示更早的内容",
  now: "此刻", summary: "小结", moments: "关键时刻", noMoments: "情绪转折和提醒会显示在这里。",
  export: "导出",
  consentTitle: "要打开麦克风吗？",
  consentWhere: "麦克风听到的声音会发送到 {host}，由它判断话语中的情绪。除非运营者另有设置，服务器不会保存任何内容。请确认所有会被听到的人都已同意。",
  consentLaw: "在欧盟，禁止在工作和教育场合根据声音推断情绪（《人工智能法》第 5 条）。这些场合请选择“仅文字”，只分析说话内容。",
  consentYes: "同意并打开", cancel: "取消",
  connecting: "正在连接…", ready: "就绪 · {profile} · {asr}", noRecogniser: "无语音识别",
  listening: "正在聆听", finishing: "正在收尾…", done: "已完成 · {profile} · {asr}",
  waiting: "连接中断 · {seconds} 秒后重连",
  serverWaits: "服务器：{reason}", noServer: "服务器没有响应，正在重试…",
  sourceMicrophone: "麦克风", sourceSample: "示例通话",
  speaking: "正在说话", silent: "安静", stopped: "未在聆听",
  voice: "声音", channelNumber: "声道 {number}",
  words: "文字", tone: "语气", together: "综合",
  negative: "消极", neutral: "中性", positive: "积极", unknown: "不确定",
  calm: "平静", happy: "高兴", sad: "悲伤", angry: "愤怒", fearful: "恐惧", disgust: "厌恶", surprised: "惊讶",
  provisional: "暂定", revised: "已更新", latency: "从说完到得出结果的时间",
  noWords: "未听清内容", wordsFollow: "文字稍后给出…", sure: "把握 {share} %", disagree: "文字与语气不一致",
  mood: "情绪走势", mean: "平均", trend: "每分钟变化", talk: "说话时长", shares: "时长 1 : 2",
  worse: "{speaker}情绪转差，{before} → {after}", better: "{speaker}情绪好转，{before} → {after}",
  alert: "{speaker}情绪偏低，{mood}", interruption: "{by}打断了{of}",
  most_negative: "最低点", most_positive: "最高点",
  warning_audio_dropped: "服务器来不及处理，跳过了一部分声音", warning_not_resumed: "服务器已不认识原来的会话，已开始新的会话",
  warning_other_language: "说的真的是“{language}”吗？听起来像“{heard}”：请选择其他语言",
  warning_hardly_understood: "几乎听不懂：所选的语言对吗？",
  toneOf: "语气，{speaker}", moodLine: "情绪走势", turningPoint: "转折点",
  chartLabel: "得分随时间的变化：共 {count} 句，当前情绪 {mood}。同样的内容见逐句结果和关键时刻。",
  noCharts: "要显示图表，服务器需安装 plotly：pip install plotly",
  asr_late: "文字来迟", asr_failed: "识别失败", asr_rejected: "听不清", no_words: "没有文字",
  tone_failed: "语气分析失败", text_failed: "文字未能判断",
  insecure: "浏览器只允许安全页面使用麦克风：请用 https 打开本页，或在服务器本机上用 localhost 打开。",
  refused: "本页的麦克风已被禁止。请在上方地址栏旁允许使用，然后重试。",
  noDevice: "没有找到麦克风。请接上麦克风后重试，或打开一段录音。",
  deviceBusy: "麦克风正被其他程序占用。请关闭该程序后重试。",
  unplugged: "麦克风已断开。请重新接上后再开始；已有内容保留在下方。",
  microphoneProblem: "无法使用麦克风（{detail}）。请检查系统设置后重试。",
  notAudio: "浏览器无法读取这个文件中的声音。请使用 WAV、FLAC、MP3、M4A 或 Ogg；sentivox analyze 支持更多格式。",
  full: "服务器目前无法再接受新的连接。请稍候重试。",
  tooMany: "您同时打开的连接已达上限。请关闭本页的其他标签页后重试。",
  notReady: "服务器仍在加载模型。请稍候重试。",
  wrongToken: "服务器不认识这个令牌。请向运营者核对后重新输入。",
  origin: "服务器不允许本页连接。运营者可用 --allow-origin 启动服务器来放行。",
  unreachable: "无法连接服务器。请检查网络以及服务器是否在运行，然后重试；已有内容保留在下方。",
  behind: "连接中断过久。请重新开始；已有内容保留在下方。",
  closed: "服务器结束了连接：{detail}。请重新开始；已有内容保留在下方。",
  unknownProblem: "页面出了问题（{detail}）。请重新加载。",
  paused: "标签页在后台时，浏览器暂停了麦克风：缺少 {seconds} 秒。请保持标签页在前台，手机请保持亮屏。",
};

export const LANGUAGES = { en, zh };

let chosen = stored() ?? (navigator.languages.find((tag) => /^(en|zh)/i.test(tag)) ?? "en").slice(0, 2).toLowerCase();

/** The text of this name, with {values} filled in; `fallback` where there is none. */
export function say(name, values = {}, fallback = name) {
  const text = LANGUAGES[chosen][name] ?? fallback;
  return text.replace(/\{(\w+)\}/g, (whole, key) => values[key] ?? whole);
}

/** Who speaks: by the number of their channel, from 1 on, unless there is one only. */
export const speaker = (channel, channels) =>
  channels > 1 ? say("channelNumber", { number: channel + 1 }) : say("voice");

/** Why an utterance lacks something, from a code such as `asr_rejected:too_short`. */
export const degradation = (code) => say(code.split(":")[0], {}, code);

/** The other language from now on. */
export function switchLanguage() {
  chosen = chosen === "en" ? "zh" : "en";
  try {
    localStorage.setItem(KEY, chosen);
  } catch { /* a browser that keeps nothing forgets it */ }
}

/** Put the words into all elements that name theirs. */
export function translate() {
  document.documentElement.lang = chosen === "zh" ? "zh-CN" : "en";
  for (const node of document.querySelectorAll("[data-say]")) node.textContent = say(node.dataset.say);
  for (const node of document.querySelectorAll("[data-label]")) {
    node.setAttribute("aria-label", say(node.dataset.label));
  }
}

function stored() {
  try {
    const kept = localStorage.getItem(KEY);
    return kept in LANGUAGES ? kept : null;
  } catch {
    return null;
  }
}
